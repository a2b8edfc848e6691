import Analysis
import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// A replica that was killed under three others' eyes, and Redis that was paused.
@Suite(.timed) struct FaultReportTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    private static func experiment(_ balancers: [Balancer] = [.roundRobin]) -> Experiment {
        var experiment = Fabricated.experiment(
            "faults", question: nil, backend: .redis, replicas: 3, balancers: balancers,
            shape: .ramp([LoadStage(users: 100, spawnRate: 10, hold: 80)]))
        experiment.budget = ErrorBudget(objective: 0.999, period: 2_592_000)
        return experiment
    }

    private static func killed(_ trouble: String? = nil) -> FaultRecord {
        FaultRecord(
            index: 0, fault: Fault(at: 40, target: .part("store-2"), action: .kill), part: "store-2", began: 40.25,
            done: 40.27, trouble: trouble)
    }

    private static func paused() -> FaultRecord {
        FaultRecord(
            index: 1, fault: Fault(at: 60, duration: 2, target: .part("redis"), action: .pause), part: "redis",
            began: 60,
            done: 60.01, ended: 62)
    }

    /// - Parameter lost: in each of the two seconds after the kill.
    private static func measured(
        _ experiment: Experiment, variant: Balancer? = nil, lost: Int = 12,
        faults: [FaultRecord] = [killed(), paused()],
        change: (inout RecordedMeasurement) -> Void = { _ in }
    ) -> RecordedMeasurement {
        var maker = Fabricated(capacity: 200)
        var recorded = maker.ramp(experiment, users: 100, rate: 10, hold: 80, variant: variant)
        recorded.measurement.faults = faults
        recorded.measurement.scrapeInterval = 1
        recorded.measurement.deployed = [
            DeployedFile(
                name: "nginx.conf",
                text: """
                    http { upstream store {
                      server 127.0.0.1:5001 max_fails=3 fail_timeout=5s; server 127.0.0.1:5002 max_fails=3 fail_timeout=5s; }
                    server { location / { proxy_pass http://store; proxy_next_upstream off; proxy_connect_timeout 1s; } } }
                    """),
            DeployedFile(
                name: "compose.yaml", text: #"command: ["serve", "--report-fallback", "mysql", "--pool-size", "8"]"#),
        ]
        for index in recorded.samples.indices {
            for task in recorded.samples[index].tasks.indices { recorded.samples[index].tasks[task].due = DueSecond() }
        }
        guard lost > 0 else { return recorded }
        for second in [40, 41] {
            let due = Distribution(ascending: [.init(microseconds: second * 1_000_000 + 500_000, count: lost)])
            recorded.samples[second].tasks[0].failed = Distribution(ascending: [.init(microseconds: 2000, count: lost)])
            recorded.samples[second].tasks[0].failures = [.status(502): lost]
            recorded.samples[second].tasks[0].failureTimes = FailureTimes(
                first: Double(second) + 0.5, last: Double(second) + 0.9, due: [.status(502): due])
        }
        let late = Distribution(ascending: [.init(microseconds: 900_000, count: 40)])
        recorded.samples[60].tasks[0].succeeded = .merged([recorded.samples[60].tasks[0].succeeded, late])
        change(&recorded)
        return recorded
    }

    private static func run(
        _ experiment: Experiment, _ measurements: [RecordedMeasurement], _ repetitions: [[RecordedMeasurement]] = []
    ) -> RecordedRun {
        RecordedRun(
            manifest: Fabricated.manifest([experiment]),
            experiments: [
                RecordedExperiment(
                    experiment: experiment, folder: "01-faults", measurements: measurements, repetitions: repetitions)
            ])
    }

    private func report(_ run: RecordedRun, _ language: Language) throws -> String {
        let text = try renderReport(StudiedRun(run), language: language, templates: templates)
        #expect(!text.contains("{{"))
        return withPlaces(text).replacing("\u{A0}", with: " ").replacing("\u{202F}", with: " ")
    }

    @Test(arguments: Language.allCases) func theCostStandsFirst(language: Language) throws {
        let experiment = Self.experiment()
        let text = try report(Self.run(experiment, [Self.measured(experiment)]), language)
        let lines = text.split(separator: "\n")
        let sentence = try #require(lines.first { $0.hasPrefix("**Killing") || $0.hasPrefix("**L’arrêt brutal") })
        #expect(lines.filter { $0.hasPrefix("**Killing") || $0.hasPrefix("**L’arrêt brutal") }.count == 1)
        let expected =
            language == .english
            ? [
                "Killing `store-2` cost 24 requests (", "of the error budget of 30 days at 99.9%)",
                "The first failed after 0.25 s. All was well again after 1.8 s.",
            ]
            : [
                "L’arrêt brutal de `store-2` a coûté 24 requêtes (", "du budget d’erreur de 30 jours à 99,9 %)",
                "La première a échoué après 0,25 s. Tout allait de nouveau bien après 1,8 s.",
            ]
        for part in expected { #expect(sentence.contains(part), "\(sentence)") }
        #expect(sentence.contains("<01-faults/record.json faults[0]>"))
        let lost = try #require(
            lines.first { $0.hasPrefix(language == .english ? "| requests lost" : "| requêtes perdues") })
        #expect(lost.contains("| 24 | 0 | <01-faults/samples.jsonl:"), "\(lost)")
        #expect(lines.contains { $0.contains("24 × HTTP 502") || $0.contains("24 × ") && $0.contains("502") })
        let pause = try #require(lines.first { $0.hasPrefix("**Pausing") || $0.hasPrefix("**La pause") })
        #expect(pause.contains(language == .english ? "cost 0 requests" : "a coûté 0 requête"), "\(pause)")
        #expect(pause.contains(language == .english ? "No request failed." : "Aucune requête n’a échoué."))
    }

    @Test(arguments: Language.allCases) func theConfigurationIsReadFromWhatWasDeployed(language: Language) throws {
        let experiment = Self.experiment()
        let text = try report(Self.run(experiment, [Self.measured(experiment)]), language)
        #expect(text.contains("`max_fails=3 fail_timeout=5s`") && text.contains("`proxy_next_upstream off`"))
        #expect(text.contains("<01-faults/record.json deployed nginx.conf>"))
        #expect(
            text.contains(
                language == .english
                    ? "with MySQL’s own figures (`--report-fallback mysql`)"
                    : "avec les chiffres de MySQL (`--report-fallback mysql`)"))
        #expect(text.contains(language == .english ? "had 8 connections to each" : "avait 8 connexions à chaque"))
        #expect(
            text.contains(
                language == .english
                    ? "it waits `1s` for a connection and `60s`" : "il attend `1s` une connexion et `60s`"))
    }

    @Test(arguments: Language.allCases) func theChartHasAMarkAndTheQuestionItsAnswer(language: Language) throws {
        let experiment = Self.experiment()
        let text = try report(Self.run(experiment, [Self.measured(experiment)]), language)
        #expect(
            text.contains(
                language == .english ? "Before, during and after the fault" : "Avant, pendant et après la panne"))
        #expect(
            text.contains(
                language == .english
                    ? "Why did requests fail all the same?" : "Pourquoi des requêtes ont-elles échoué malgré tout"))
        let page = try renderPage(
            StudiedRun(Self.run(experiment, [Self.measured(experiment)])), language: language, templates: templates)
        #expect(page.contains("class=\"stretch\""))
    }

    @Test(arguments: Language.allCases) func repeatsHaveTheirMedian(language: Language) throws {
        let experiment = Self.experiment()
        var again = [Self.measured(experiment, lost: 5), Self.measured(experiment, lost: 30)]
        for index in again.indices { again[index].measurement.repetition = index + 2 }
        let text = try report(Self.run(experiment, [Self.measured(experiment)], again.map { [$0] }), language)
        let lost = text.split(separator: "\n").first {
            $0.hasPrefix(language == .english ? "| requests lost" : "| requêtes perdues")
        }
        #expect(
            lost?.contains(language == .english ? "| 24 (10 to 60) |" : "| 24 (10 à 60) |") == true, "\(lost ?? "")")
    }

    @Test(arguments: Language.allCases) func eachPolicyHasItsBill(language: Language) throws {
        let experiment = Self.experiment([.roundRobin, .leastConnections])
        let text = try report(
            Self.run(
                experiment,
                [
                    Self.measured(experiment, variant: .roundRobin),
                    Self.measured(experiment, variant: .leastConnections, lost: 6),
                ]), language)
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("- `") && $0.contains("store-2") }
        #expect(lines.count == 2)
        #expect(lines.first?.contains(language == .english ? "cost 24 requests" : "a coûté 24 requêtes") == true)
        #expect(lines.last?.contains(language == .english ? "cost 12 requests" : "a coûté 12 requêtes") == true)
    }

    @Test(arguments: Language.allCases) func whatCouldNotBeDoneIsSaid(language: Language) throws {
        let experiment = Self.experiment()
        let text = try report(
            Self.run(experiment, [Self.measured(experiment, lost: 0, faults: [Self.killed("no such process")])]),
            language)
        #expect(text.contains("no such process"))
    }

    @Test func theDataHoldTheBill() throws {
        let experiment = Self.experiment()
        let data = ReportData(StudiedRun(Self.run(experiment, [Self.measured(experiment)])))
        let entry = try #require(data.experiments.first?.measurements.first)
        let fault = try #require(entry.faults?.first)
        #expect(fault.name == "kill store-2" && fault.bill.lost == 24 && fault.bill.kinds == ["status 502": 24])
        #expect(fault.bill.recovery == 1.75 && fault.bill.firstFailure == 0.25 && fault.bill.unwell == nil)
        #expect(entry.control?.lost == 0 && entry.control?.recovery == 0)
        #expect(
            data.junit.contains(
                "name=\"kill store-2 at 40.25 s\"><system-out>24 requests lost, well again after 1.75 s<"))
        try expectForm(of: data)
    }

    @Test func aFaultThatIsNotOverFailsItsCase() throws {
        let experiment = Self.experiment()
        let recorded = Self.measured(experiment, faults: [Self.killed()]) { recorded in
            for second in 42..<recorded.samples.count {
                recorded.samples[second].tasks[0].failures = [.status(502): 1]
                recorded.samples[second].tasks[0].failed = Distribution(ascending: [.init(microseconds: 100, count: 1)])
            }
        }
        let data = ReportData(StudiedRun(Self.run(experiment, [recorded])))
        let bill = try #require(data.experiments.first?.measurements.first?.faults?.first?.bill)
        #expect(bill.recovery == nil && bill.unwell.map { $0 > 30 } == true && bill.lost > 24 + 30)
        #expect(
            data.junit.contains("<failure message=\"\(bill.lost) requests lost, not well again for at least "))
    }

    /// Every ten seconds one, as Nginx tries the dead replica again.
    private static func occasionally(_ experiment: Experiment) -> RecordedMeasurement {
        measured(experiment, faults: [killed()]) { recorded in
            for second in stride(from: 51, to: 81, by: 10) {
                recorded.samples[second].tasks[0].failures = [.status(502): 1]
                recorded.samples[second].tasks[0].failed = Distribution(ascending: [.init(microseconds: 100, count: 1)])
            }
        }
    }

    @Test(arguments: Language.allCases) func whatFailsLaterIsSaidAndTheRuleOnce(language: Language) throws {
        let experiment = Self.experiment([.roundRobin, .leastConnections])
        var second = Self.occasionally(experiment)
        second.measurement.variant = Balancer.leastConnections.rawValue
        var first = Self.measured(experiment)
        first.measurement.variant = Balancer.roundRobin.rawValue
        let text = try report(Self.run(experiment, [first, second]), language)
        #expect(
            text.contains(
                language == .english
                    ? "All was well again after 1.8 s. 3 more failed after that."
                    : "Tout allait de nouveau bien après 1,8 s. Échecs survenus ensuite : 3."))
        let rule = language == .english ? "How the bills are made" : "Comment les factures sont établies"
        #expect(text.components(separatedBy: rule).count == 2, "once, though there are three bills")
    }

    @Test func theTerminalHasTheSentence() throws {
        let experiment = Self.experiment()
        let run = StudiedRun(Self.run(experiment, [Self.occasionally(experiment)]))
        let lines = try renderBills(run, language: .english, templates: templates)
        let line = try #require(lines.first)
        #expect(lines.count == 1 && line.hasPrefix("faults: at 40.3 s: Killing store-2 cost 24 requests ("), "\(line)")
        #expect(
            line.hasSuffix("The first failed after 0.25 s. All was well again after 1.8 s. 3 more failed after that."))
    }

    @Test func theTableHasARowForEachFault() throws {
        let experiment = Self.experiment()
        let data = ReportData(StudiedRun(Self.run(experiment, [Self.occasionally(experiment)])))
        let rows = data.csv.split(separator: "\r\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        let head = try #require(rows.first)
        #expect(rows.allSatisfy { $0.count == head.count })
        let fault = try #require(rows.first { $0[5] == "fault" })
        func cell(_ name: String) -> Substring? { head.firstIndex(of: Substring(name)).map { fault[$0] } }
        #expect(cell("fault") == "kill store-2" && cell("lost") == "24" && cell("failed_later") == "3")
        #expect(cell("from_s") == "40.25" && cell("well_again_s") == "1.75" && cell("first_failure_s") == "0.25")
        #expect(cell("not_well_for_s") == "" && cell("open") == "0" && cell("share_of_error_budget")?.isEmpty == false)
        let plain = ReportData(
            StudiedRun(Self.run(experiment, [Self.measured(experiment) { $0.measurement.faults = nil }])))
        #expect(!plain.csv.contains("share_of_error_budget") && !plain.csv.contains(",fault,"))
    }

    /// The counters of a replica that is dead end with it.
    @Test(arguments: Language.allCases) func whatAKilledReplicaTookAlongIsSaidBesideTheCounters(
        language: Language
    ) throws {
        let experiment = Self.experiment()
        func text(_ faults: [FaultRecord]) throws -> String {
            let recorded = Self.measured(experiment, faults: faults) { recorded in
                recorded.measurement.counters = [
                    CounterComparison(
                        counter: "orders_total", task: experiment.load.tasks[0].name, prometheus: 5, generator: 100_000)
                ]
                recorded.measurement.prometheus = []
                recorded.measurement.components = [
                    Component(name: "store-2", role: .store, version: "1", address: "127.0.0.1:5002")
                ]
            }
            return try report(Self.run(experiment, [recorded]), language)
        }
        let words = language == .english ? "`store-2`, killed by a fault, took along" : "`store-2`, tué par une panne"
        #expect(try text([Self.killed()]).contains(words))
        #expect(try !text([Self.paused()]).contains(words))
    }
}
