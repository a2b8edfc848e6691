import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// The report says what was measured, and no more.
@Suite(.timed) struct BoundedClaimTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    private func english(_ run: RecordedRun) throws -> String {
        try renderReport(StudiedRun(run), language: .english, templates: templates)
    }

    @Test(arguments: Language.allCases) func aGroupOfTasksHasItsRow(language: Language) throws {
        var experiment = Fabricated.ramp
        experiment.load.tasks[1].group = "reports"
        experiment.load.tasks[2].group = "reports"
        var maker = Fabricated()
        let run = Fabricated.run(experiment, [maker.ramp(experiment, users: 20, rate: 10, hold: 10)])
        let text = withPlaces(try renderReport(StudiedRun(run), language: language, templates: templates))
        let head = language == .english ? "| group reports |" : "| groupe reports |"
        func requests(_ row: String) -> Int {
            Int(firstLine(text, with: row).split(separator: "|")[2].dropFirst().dropLast()) ?? 0
        }
        #expect(requests(head) > 0)
        #expect(requests(head) == requests("| highest-spenders | 20 |") + requests("| best-sellers | 20 |"))
        #expect(firstLine(text, with: head).contains("samples.jsonl:3-12>"))
        let step = try #require(ReportData(StudiedRun(run)).experiments[0].measurements[0].steps.first)
        #expect(step.groups?.map(\.task) == ["reports"])
        #expect(step.groups?.first?.count == requests(head))
        #expect(try !english(Fabricated.run(Fabricated.ramp, [])).contains("group "))
    }

    @Test func stepsThatContradictEachOtherAreInTheAnswer() throws {
        let experiment = Fabricated.experiment(
            "x", question: nil, shape: .findLimit(LimitSearchPlan(from: 50, to: 500, hold: 10, precision: 0.1)))
        var maker = Fabricated(capacity: 60)
        var measured = maker.search(
            experiment, steps: [(50, .climb), (100, .climb), (300, .climb), (110, .bisect), (100, .confirm)], hold: 10)
        // The second time at 100 users, the store is slow.
        let last = try #require(measured.measurement.steps.last)
        for second in last.plateauBegan..<last.plateauEnded {
            for task in 0..<3 {
                measured.samples[second].tasks[task].succeeded = Distribution(
                    ascending: [.init(microseconds: 900_000, count: 30)])
            }
        }
        let text = try english(Fabricated.run(experiment, [measured]))
        let answer = firstLine(text, with: "**The application answers correctly at 110 users")
        // 100 users held once and broke once, and 110 held: two of three.
        #expect(answer.contains("and no longer at 300"))
        #expect(answer.contains("From 100 to 110 users the outcome differed from step to step."))
        #expect(text.contains("Steps contradict each other: a criterion was met at 100 users"))
        #expect(try !Rendered.lab(.report, .english).contains("outcome differed"))
    }

    @Test(arguments: Language.allCases) func aLimitThatWasNotFoundIsABoundInComparisons(language: Language) throws {
        let experiment = Fabricated.experiment(
            "x", question: nil, shape: .findLimit(LimitSearchPlan(from: 50, to: 500, hold: 10, precision: 0.1)))
        var (strong, weak) = (Fabricated(capacity: 2000), Fabricated(capacity: 60))
        let endless = Fabricated.run(
            experiment, [strong.search(experiment, steps: [(50, .climb), (500, .climb)], hold: 10)])
        let found = Fabricated.run(
            experiment, [weak.search(experiment, steps: [(50, .climb), (200, .climb), (110, .bisect)], hold: 10)])
        func row(_ b: RecordedRun, against a: RecordedRun) throws -> String {
            let text = try renderComparison(of: b, against: a, language: language, templates: templates)
            #expect(!text.contains("? "))
            return firstLine(text, with: language == .french ? "utilisateurs à la limite |" : "users at the limit |")
        }
        let atMost = language == .french ? "au plus ×" : "at most ×"
        let atLeast = language == .french ? "au moins ×" : "at least ×"
        let less = try row(found, against: endless)
        #expect(
            less.contains("| ≥\u{A0}500 | 148 |") && less.contains("| ≤\u{A0}×0") && less.contains("| \(atMost)"),
            "\(less)")
        let more = try row(endless, against: found)
        #expect(
            more.contains("| 148 | ≥\u{A0}500 |") && more.contains("| ≥\u{A0}×") && more.contains("| \(atLeast)"),
            "\(more)")
    }

    @Test(arguments: [
        ("the body is a list (expected an object)", "le corps est une liste (attendu\u{A0}: un objet)"),
        ("the body is a list where an object is expected", "le corps est une liste (attendu\u{A0}: un objet)"),
        ("the header Content-Type is a/b instead of c/*", "l’en-tête Content-Type est a/b (attendu\u{A0}: c/\\*)"),
        ("the header Content-Type is a/b (expected c/*)", "l’en-tête Content-Type est a/b (attendu\u{A0}: c/\\*)"),
        ("at items[0] stands status 1 instead of 2", "items\\[0\\] est status 1 (attendu\u{A0}: 2)"),
        ("items[0] is status 1 (expected 2)", "items\\[0\\] est status 1 (attendu\u{A0}: 2)"),
        ("no connection within the time allowed", "pas de connexion dans le délai"),
        ("no connection within the timeout", "pas de connexion dans le délai"),
        ("something that nobody foresaw instead", "something that nobody foresaw instead"),
    ])
    func whatWasRecordedInEnglishIsSaidInFrench(recorded: String, french: String) throws {
        var maker = Fabricated()
        var measured = maker.ramp(Fabricated.ramp, users: 20, rate: 10, hold: 10)
        measured.samples[5].tasks[0].failures = [.check: 1]
        measured.measurement.failures = [
            FailureExample(
                task: "order", kind: .check, time: 1, latency: 0.1, detail: recorded, request: "", response: "")
        ]
        let run = Fabricated.run(Fabricated.ramp, [measured])
        let text = try renderReport(StudiedRun(run), language: .french, templates: templates)
        #expect(
            firstLine(text, with: "Exemple de").hasSuffix("\u{A0}: " + french), "\(firstLine(text, with: "Exemple de"))"
        )
        #expect(try !firstLine(english(run), with: "Example of").contains("attendu"))
    }

    @Test func replicasThatDoNotAgreeInNumberAreSaidToDiffer() throws {
        var run = Fabricated.lab()
        #expect(try english(run).contains("reached by Prometheus: 3; in Nginx's upstream: 3. They agree."))
        run.experiments[3].measurements[0].measurement.deployed[0].text = Fabricated.nginx(.roundRobin, replicas: 2)
        #expect(try english(run).contains("in Nginx's upstream: 2. **They do not agree**"))
    }

    @Test func aLawThatAsksMoreThanUsersCanDoIsSaidNotToFit() throws {
        let experiment = Fabricated.experiment(
            "x", question: nil, shape: .findLimit(LimitSearchPlan(from: 50, to: 500, hold: 10, precision: 0.1)))
        var maker = Fabricated(capacity: 2000)
        let steps: [(users: Int, purpose: LoadStep.Purpose)] = [10, 50, 100, 300, 600, 900].map { ($0, .climb) }
        var measured = maker.search(experiment, steps: steps, hold: 10)
        #expect(try !english(Fabricated.run(experiment, [measured])).contains("it does not describe"))
        // Twice as many answers as the users can ask for.
        for second in measured.samples.indices {
            for task in 0..<3 {
                let count = Int(0.4 * Double(measured.samples[second].users))
                measured.samples[second].tasks[task].succeeded = Distribution(
                    ascending: [.init(microseconds: 4000, count: count)])
            }
        }
        let text = try english(Fabricated.run(experiment, [measured]))
        // R² is near 1, yet a user who thinks for 2 s cannot make 1.2 requests a second.
        #expect(text.contains("its fit to these 6 levels"))
        #expect(text.contains("X(N) ≤ min(N/(Z+R₀), X_max), with Z = 2\u{A0}s"))
    }
}

/// The first line that holds a text.
func firstLine(_ text: String, with part: String) -> String {
    text.split(separator: "\n").first { $0.contains(part) }.map(String.init) ?? ""
}

extension Fabricated {
    /// A run of one experiment.
    static func run(_ experiment: Experiment, _ measurements: [RecordedMeasurement]) -> RecordedRun {
        RecordedRun(
            manifest: manifest([experiment]),
            experiments: [RecordedExperiment(experiment: experiment, folder: "01-x", measurements: measurements)])
    }

    static var ramp: Experiment {
        experiment("x", question: nil, shape: .ramp([LoadStage(users: 20, spawnRate: 10, hold: 10)]))
    }
}
