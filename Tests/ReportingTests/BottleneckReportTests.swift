import Foundation
import Model
import Reporting
import TestSupport
import Testing

@Suite(.timed) struct BottleneckReportTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    /// A ramp of two plateaus, of which the second breaks the limits.
    private func run(users: Int = 600, _ change: (inout Model.Measurement) -> Void = { _ in }) -> RecordedRun {
        let experiment = Fabricated.experiment(
            "made", question: nil,
            shape: .ramp([
                LoadStage(users: 100, spawnRate: 100, hold: 10), LoadStage(users: users, spawnRate: 600, hold: 10),
            ]))
        var maker = Fabricated(capacity: 100)
        var recorded = maker.search(experiment, steps: [(100, .stage), (users, .stage)], hold: 10)
        recorded.measurement.usage = recorded.measurement.usage.map { sample in
            var sample = sample
            sample.cores = ["store-1": 0.1, "mariadb": 0.2, "generator": 0.05, "machine": 0.5]
            return sample
        }
        change(&recorded.measurement)
        return RecordedRun(
            manifest: Fabricated.manifest([experiment]),
            experiments: [RecordedExperiment(experiment: experiment, folder: "01-made", measurements: [recorded])])
    }

    private func signals(_ kind: SignalKind, _ failed: Double, limit: Double?) -> SignalRecord {
        let times = (1...26).map(Double.init)
        return SignalRecord(
            times: times,
            series: [
                SignalSeries(
                    kind: kind, component: "mariadb", limit: limit, values: times.map { $0 > 13 ? failed : 1 })
            ], missing: ["redis"])
    }

    private func section(_ run: RecordedRun, _ language: Language, heading: String? = nil) throws -> String {
        let text = withPlaces(try renderReport(StudiedRun(run), language: language, templates: templates))
        let heading = heading ?? (language == .english ? "Bottleneck" : "Goulot d’étranglement")
        // The cause and its graph stand behind the table of the bounds, and the evidence in a fold.
        let shown = text.components(separatedBy: "<details>")[0].components(separatedBy: "\n\n")
        guard let table = shown.lastIndex(where: { $0.hasPrefix("|") }) else { return "" }
        let graph = shown[(table + 2)...].prefix(1).filter { $0.hasPrefix("```") }
        let parts = text.components(separatedBy: "<summary>\(heading)</summary>")
        guard parts.count == 2 else { return "" }
        return ([shown[table + 1]] + graph + [parts[1].components(separatedBy: "</details>")[0]]).joined(
            separator: "\n\n")
    }

    @Test(arguments: Language.allCases) func theCauseIsNamedWithItsGraph(language: Language) throws {
        let text = try section(
            run { $0.signals = signals(.mysqlConnections, 20, limit: 20) }, language)
        let english = language == .english
        #expect(text.contains(english ? "First cause: the connections of MySQL. 20 of 20" : "Première cause"))
        #expect(
            text.contains(english ? "MySQL connections   * mariadb" : "Connexions à MySQL   * mariadb"), "the graph")
        #expect(text.contains(". . ") && text.contains("* mariadb"))
        #expect(text.contains("| mariadb | "))
        #expect(text.contains("redis"), "what was not measured is said")
        #expect(!text.contains("{{"))
    }

    @Test(arguments: Language.allCases) func withoutEvidenceNoCauseIsNamed(language: Language) throws {
        let text = try section(run { $0.signals = signals(.mysqlConnections, 3, limit: 151) }, language)
        let english = language == .english
        #expect(
            text.contains(english ? "do not show why the criterion was met" : "ne montrent pas pourquoi le critère"))
        #expect(
            text.contains(english ? "Nearest to its capacity was store-1" : "Le plus près de sa capacité était store-1")
        )
        #expect(!text.contains("* mariadb"), "no graph of it")
    }

    @Test(arguments: Language.allCases) func whereNothingFailedItSaysHowNearItWas(language: Language) throws {
        let english = language == .english
        let heading = english ? "Headroom" : "Marge restante"
        let calm = try section(run(users: 100), language, heading: heading)
        #expect(
            calm.contains(
                english ? "No criterion was met, and no observed part" : "Aucun critère n’a été atteint, et aucun"))
        #expect(calm.contains(english ? "| at 100 users |" : "| à 100 utilisateurs |"))
        #expect(!calm.contains("×"), "there is nothing to compare with")
        let full = try section(
            run(users: 100) { $0.signals = signals(.mysqlConnections, 20, limit: 20) }, language, heading: heading)
        let cause =
            english ? "waiting for it: the connections of MySQL. 20 of 20" : "les connexions de MySQL. 20 sur 20"
        #expect(full.contains(cause))
    }

    @Test func eachPartsUseStandsOnceWithItsLimit() throws {
        let text = try section(run { $0.signals = signals(.mysqlConnections, 20, limit: 20) }, .english)
        let rows = text.split(separator: "\n").filter { $0.contains("| CPU cores used |") }
        #expect(rows.count == 5)
        #expect(rows.contains { $0.hasPrefix("| store-1 | CPU cores used | 0.100 | 0.100 | 0.5 | 20.0% | ×1.00 | <") })
        #expect(rows.contains { $0.hasPrefix("| whole machine | CPU cores used | 0.500 | 0.500 | 2 | 25.0% |") })
        let rest = "| rest of the machine (kernel, other programs) | CPU cores used | 0.150 |"
        #expect(rows.contains { $0.hasPrefix(rest) })
    }

    /// Whatever line holds a number says where in the record it comes from; the graph has its table's rows for that.
    @Test(arguments: Language.allCases) func everyNumberHasItsPlaceInTheRecord(language: Language) throws {
        let run = run {
            $0.signals = signals(.mysqlConnections, 20, limit: 20)
            // Others take most of the machine.
            for index in $0.usage.indices { $0.usage[index].cores["machine"] = 1.9 }
        }
        let text = try section(run, language)
        var inFence = false
        var numbered = 0
        for line in text.split(separator: "\n") {
            if line.hasPrefix("```") { inFence.toggle() }
            // The table's head has its numbers from the line above it; the number of further signals is none of the run's.
            let isHead = line.hasPrefix("| part") || line.hasPrefix("| composant")
            guard !inFence, !isHead, !line.contains("1 further signals"), !line.contains("1 autres signaux"),
                line.contains(where: \.isNumber)
            else { continue }
            numbered += 1
            #expect(line.contains("<01-made/"), "\(line)")
        }
        #expect(numbered > 8)
        // The connections where it passed, and where it failed: the seconds before the readings' times.
        #expect(text.contains("record.json signals.series[0].values[3-12], signals.series[0].values[16-25]>"))
        #expect(text.contains("record.json usage[3-12], usage[16-25]>"))
        #expect(text.contains("record.json steps[0], steps[1]>"))
    }

    /// The first plateau at full speed, the second a third slower; before its end faster again.
    private var slowed: SignalRecord {
        let times = (1...26).map(Double.init)
        return SignalRecord(
            times: times,
            series: [
                SignalSeries(
                    kind: .calculation, component: "machine", limit: nil,
                    values: times.map { $0 > 13 ? $0 > 22 ? 0.001 : 0.0016 : 0.001 })
            ])
    }

    @Test(arguments: Language.allCases) func aSlowerMachineIsTheFirstCause(language: Language) throws {
        let run = run { $0.signals = slowed }
        let english = language == .english
        let text = try section(run, language)
        #expect(text.contains(english ? "First cause: the machine, which was" : "la machine, plus lente de"))
        let report = try renderReport(StudiedRun(run), language: language, templates: templates)
        #expect(report.contains(english ? "Speed of the machine over time" : "Vitesse de la machine au fil"))
        #expect(report.contains(english ? "changed by more than 10% within" : "a varié de plus de 10"))
        let steps = ReportData(StudiedRun(run)).experiments[0].measurements[0].steps
        #expect(steps[0].machineSpeed == 1 && (steps[1].machineSpeed ?? 1) < 0.9)
        let without = try renderReport(StudiedRun(self.run()), language: language, templates: templates)
        #expect(!without.contains(english ? "Speed of the machine" : "Vitesse de la machine"))
    }

    @Test(arguments: Language.allCases) func aDataSetThatGrewMuchIsSaidInTheVerdict(language: Language) throws {
        func report(_ ended: Int?) throws -> String {
            let run = run { measurement in
                measurement.steps[1].ordersBegan = 5000
                measurement.steps[1].ordersEnded = ended
            }
            return try renderReport(StudiedRun(run), language: language, templates: templates)
        }
        let sign = language == .english ? "**The data set grew by 36" : "**Le jeu de données a grandi de 36"
        #expect(try report(6800).contains(sign))
        let any = language == .english ? "The data set grew" : "Le jeu de données a grandi"
        #expect(try !report(5400).contains(any))
        #expect(try !report(nil).contains(any))
    }

    @Test func aNumberThatWasChangedIsFound() throws {
        let text = try renderReport(
            StudiedRun(run { $0.signals = signals(.mysqlConnections, 20, limit: 20) }), language: .english,
            templates: templates)
        for (right, wrong) in [("20 of 20 were taken", "19 of 20 were taken"), ("| 1 | 20 | 20 |", "| 2 | 20 | 20 |")] {
            #expect(text.contains(right))
            let check = ReportCheck(report: text.replacing(right, with: wrong), expected: text)
            #expect(check.differences.count == 1 && check.differences.allSatisfy { !$0.isWording })
        }
    }

    @Test func everyCauseAndSignalHasItsWords() throws {
        let files = try repositoryTemplateFiles()
        for name in ["words.en.txt", "words.fr.txt"] {
            let words = try #require(files[name])
            for kind in SignalKind.allCases { #expect(words.contains("\nsignal_\(kind.rawValue) = "), "\(name)") }
            for cause in Self.causes { #expect(words.contains("\ncause_\(cause) = "), "\(name): \(cause)") }
        }
    }

    private static let causes = [
        "machineSlower", "generator", "nginxConnections", "mysqlConnections", "redisConnections", "storeCPU",
        "redisCPU",
        "redisSlow", "mysqlCPU", "mysqlLocks", "mysqlSlow", "nginxCPU", "otherCPU", "machineCPU", "mysqlPool",
        "redisPool",
    ]

    @Test func aRecordWithoutSignalsSaysSo() throws {
        #expect(try section(run(), .english).contains("Signals other than CPU and memory"))
        let bare = try section(
            run {
                $0.usage = []; $0.prometheus = []
            }, .english)
        #expect(bare.contains("not measured"))
        #expect(bare.contains("No part of the application was observed."))
    }
}
