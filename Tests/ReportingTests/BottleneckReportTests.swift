import Foundation
import Model
import Reporting
import Testing

@Suite struct BottleneckReportTests {
    private let templates: ReportTemplates

    init() throws { templates = try ReportTemplates(files: repositoryTemplateFiles()) }

    /// A ramp of two plateaus, of which the second breaks the limits.
    private func run(_ change: (inout Model.Measurement) -> Void = { _ in }) -> RecordedRun {
        let experiment = Fabricated.experiment(
            "made", question: nil,
            shape: .ramp([
                LoadStage(users: 100, spawnRate: 100, hold: 10), LoadStage(users: 600, spawnRate: 600, hold: 10),
            ]))
        var maker = Fabricated(capacity: 100)
        var recorded = maker.search(experiment, steps: [(100, .stage), (600, .stage)], hold: 10)
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

    private func section(_ run: RecordedRun, _ language: Language) throws -> String {
        let text = try renderReport(StudiedRun(run), language: language, templates: templates)
        let heading = language == .english ? "### Why it broke" : "### Pourquoi la limite a été dépassée"
        let parts = text.components(separatedBy: heading)
        return parts.count == 2 ? parts[1].components(separatedBy: "\n### ")[0] : ""
    }

    @Test(arguments: Language.allCases) func theCauseIsNamedWithItsGraph(language: Language) throws {
        let text = try section(
            run { $0.signals = signals(.mysqlConnections, 20, limit: 20) }, language)
        let english = language == .english
        #expect(text.contains(english ? "First cause: the connections of MySQL. 20 of 20" : "Première cause"))
        #expect(text.contains(english ? "MySQL connections\n" : "connexions à MySQL\n"), "the graph")
        #expect(text.contains(". . ") && text.contains("* mariadb"))
        #expect(text.contains("| mariadb | "))
        #expect(text.contains("redis"), "what was not measured is said")
        #expect(!text.contains("{{"))
    }

    @Test(arguments: Language.allCases) func withoutEvidenceNoCauseIsNamed(language: Language) throws {
        let text = try section(run { $0.signals = signals(.mysqlConnections, 3, limit: 151) }, language)
        #expect(text.contains(language == .english ? "None of the signals" : "Aucun des signaux"))
        #expect(!text.contains("```"))
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
        "generator", "nginxConnections", "mysqlConnections", "redisConnections", "storeCPU", "redisCPU", "redisSlow",
        "mysqlCPU", "mysqlLocks", "mysqlSlow", "nginxCPU", "otherCPU", "machineCPU", "mysqlPool", "redisPool",
    ]

    @Test func aRecordWithoutSignalsSaysSo() throws {
        #expect(try section(run(), .english).contains("Signals beside CPU and memory were not measured."))
        let bare = try section(
            run {
                $0.usage = []; $0.prometheus = []
            }, .english)
        #expect(bare.contains("not measured"))
    }
}
