import Foundation
import Model
import Reporting
import Testing

/// Reports of runs that were repeated, and of two runs beside each other.
@Suite struct RepetitionTests {
    private let templates: ReportTemplates

    init() throws { templates = try ReportTemplates(files: repositoryTemplateFiles()) }

    /// A search for the limit, measured so many times.
    private func run(_ times: Int, capacity: Double = 60, id: String = "run-a") -> RecordedRun {
        var run = Fabricated.lab()
        var maker = Fabricated(capacity: capacity)
        let experiment = run.experiments[1].experiment
        func measured(_ time: Int) -> RecordedMeasurement {
            let edge = Int(capacity * 2) + time
            var recorded = maker.search(
                experiment,
                steps: [(edge / 2, .climb), (edge * 2, .climb), (edge - 4, .bisect), (edge + edge / 10, .bisect)],
                hold: 10)
            recorded.measurement.repetition = time == 1 ? nil : time
            return recorded
        }
        let all = (1...times).map(measured)
        run.manifest.id = id
        run.manifest.repeats = times == 1 ? nil : times
        run.manifest.experiments = [experiment]
        run.experiments = [
            RecordedExperiment(
                experiment: experiment, folder: "01-mysql-limit", measurements: [all[0]],
                repetitions: all.dropFirst().map { [$0] })
        ]
        return run
    }

    @Test(arguments: Language.allCases) func eachTimeStandsInATableWithTheMeanAndItsInterval(language: Language) throws
    {
        let text = try renderReport(StudiedRun(run(3)), language: language, templates: templates)
        let row = text.split(separator: "\n").first {
            $0.contains(language == .french ? "| utilisateurs à la limite |" : "| users at the limit |")
        }
        #expect(row?.split(separator: "|").count == 6)
        #expect(row?.contains("<!-- run-a/01-mysql-limit/**/samples.jsonl -->") == true)
        #expect(text.contains(language == .french ? "## Mesuré de nouveau" : "## Measured again"))
        #expect(!text.contains("{{"))
    }

    @Test func aRunThatWasMeasuredOnceHasNoSuchTable() throws {
        let text = try renderReport(StudiedRun(run(1)), language: .english, templates: templates)
        #expect(!text.contains("Measured again"))
        #expect(text.contains("Every figure comes from one run."))
    }

    @Test(arguments: Language.allCases) func halfTheUsersAreFoundAndTheSameIsNot(language: Language) throws {
        func compare(_ b: RecordedRun) throws -> String {
            try renderComparison(of: b, against: run(1), language: language, templates: templates)
        }
        let same = try compare(run(1, id: "run-b"))
        #expect(same.contains(language == .french ? "Aucune différence démontrée" : "No difference shown"))
        let half = try compare(run(1, capacity: 30, id: "run-b"))
        #expect(half.contains(language == .french ? "**moins bien**" : "**worse**"))
        #expect(half.contains("run-a") && half.contains("run-b") && !half.contains("{{"))
    }

    @Test(arguments: Language.allCases) func whatTheRunsCouldHaveShownIsTold(language: Language) throws {
        func compare(_ b: RecordedRun) throws -> String {
            try renderComparison(of: b, against: run(3), language: language, templates: templates)
        }
        let (enough, repeats, load) =
            language == .french
            ? ("aurait été démontré", "répétitions de chacune (`--repeat ", "n’a pas reçu la même charge")
            : ("would have been shown", "repeats of each (`--repeat ", "was not given the same load")
        let same = try compare(run(3, id: "run-b"))
        #expect(same.contains(enough) != same.contains(repeats) && !same.contains(load))
        var other = run(3, id: "run-b")
        other.experiments[0].experiment.load.timeout += 1
        #expect(try compare(other).contains(load))
        #expect(try !compare(run(1, id: "run-b")).contains("{{"))
        let turns = try compare(run(3))
        #expect(
            turns.contains(language == .french ? "qui ont alterné dans une même exécution" : "took turns in one run"))
        #expect(!same.contains(language == .french ? "qui ont alterné" : "which took turns"))
    }

    @Test func measurementsAreMadeInTurns() {
        var manifest = Fabricated.lab().manifest
        manifest.experiments = Array(manifest.experiments.prefix(2))
        #expect(manifest.plan.map(\.experiment.name) == ["mysql-100", "mysql-limit"])
        manifest.repeats = 3
        #expect(
            manifest.plan.map { "\($0.index)-\($0.repetition ?? 1)" } == ["0-1", "1-1", "1-2", "0-2", "0-3", "1-3"])
    }
}
