import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// Reports of runs that were repeated, and of two runs beside each other.
@Suite(.timed) struct RepetitionTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

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
        let text = withPlaces(try renderReport(StudiedRun(run(3)), language: language, templates: templates))
        let row = text.split(separator: "\n").first {
            $0.contains(language == .french ? "| utilisateurs à la limite |" : "| users at the limit |")
        }
        #expect(row?.split(separator: "|").count == 7)
        #expect(row?.contains("<01-mysql-limit/**/samples.jsonl>") == true)
        #expect(text.contains(language == .french ? "**Répétitions.**" : "**Repetitions.**"))
        #expect(!text.contains("{{"))
    }

    @Test func aRunThatWasMeasuredOnceHasNoSuchTable() throws {
        let text = try renderReport(StudiedRun(run(1)), language: .english, templates: templates)
        #expect(!text.contains("**Repetitions.**"))
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
            ? ("aurait été démontré", "répétitions de chacune dans une même exécution", "avait une autre charge")
            : ("would have been shown", "repetitions of each in one run", "had another load")
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

    /// A store that its quota stops all along, at the CPU that it is given.
    private func limited(to cores: Double, using used: Double, id: String) -> RecordedRun {
        var run = run(1, id: id)
        run.experiments[0].experiment.stack.storeCPUs = cores
        var measurement = run.experiments[0].measurements[0].measurement
        for index in measurement.components.indices where measurement.components[index].role == .store {
            measurement.components[index].cpuLimit = CPUQuota(cores: cores, enforced: true, how: "cgroup v2")
        }
        let stores = measurement.components.filter { $0.role == .store }.map(\.name)
        for index in measurement.usage.indices {
            measurement.usage[index].cores["machine"] = 0.6
            for name in stores { measurement.usage[index].cores[name] = used + 0.001 * Double(index % 3) }
        }
        let times = measurement.usage.map(\.time)
        measurement.signals = SignalRecord(
            times: times,
            series: stores.map {
                SignalSeries(kind: .throttled, component: $0, limit: nil, values: times.map { _ in 1 })
            })
        run.experiments[0].measurements[0].measurement = measurement
        return run
    }

    @Test(arguments: Language.allCases) func lessCPUIsToldApartFromWhatCameOutOfIt(language: Language) throws {
        let isFrench = language == .french
        let text = try renderComparison(
            of: limited(to: 0.2, using: 0.16, id: "run-b"), against: limited(to: 0.25, using: 0.19, id: "run-a"),
            language: language, templates: templates)
        #expect(!text.contains("{{"))
        #expect(
            text.contains(
                isFrench
                    ? "**Une différence est démontrée dans les ressources utilisées, et aucune dans les résultats."
                    : "**A difference is shown in the resources used, and none in the results."))
        #expect(
            text.contains(
                isFrench
                    ? "CPU utilisé par `store`, cœurs\u{A0}: 0,161 au lieu de 0,191"
                    : "CPU used by `store`, cores: 0.161 instead of 0.191"))
        #expect(
            text.contains(
                isFrench
                    ? "son quota de 0,2 (au lieu de 0,25) l’arrêtait" : "its quota of 0.2 (instead of 0.25) stopped it")
        )
        #expect(text.contains(isFrench ? "| 0,25 (atteint) / 0,2 (atteint) |" : "| 0.25 (reached) / 0.2 (reached) |"))
        #expect(text.contains(isFrench ? "## Réglages différents" : "## Settings that differ"))
        #expect(text.contains("`stack.store.cpus`"))
        #expect(text.contains(isFrench ? "| **moins** |" : "| **less** |"))
    }

    @Test(arguments: Language.allCases) func ofTheSameQuotaItIsSaidOnce(language: Language) throws {
        let text = try renderComparison(
            of: limited(to: 0.25, using: 0.15, id: "run-b"), against: limited(to: 0.25, using: 0.24, id: "run-a"),
            language: language, templates: templates)
        let words = language == .french ? "le même quota de 0,25 l’arrêtait" : "the same quota of 0.25 stopped it"
        #expect(text.contains(words))
    }

    @Test func bothWhatCameOutAndWhatWasUsedStandInTheVerdict() throws {
        let full = limited(to: 0.25, using: 0.19, id: "run-a")
        var half = limited(to: 0.2, using: 0.16, id: "run-b")
        half.experiments[0].measurements[0].samples = run(1, capacity: 30).experiments[0].measurements[0].samples
        half.experiments[0].measurements[0].measurement.steps =
            run(1, capacity: 30).experiments[0].measurements[0].measurement.steps
        let text = try renderComparison(of: half, against: full, language: .english, templates: templates)
        #expect(text.contains("**A difference is shown. B compared with A: `mysql-limit`, users at the limit: worse"))
        #expect(text.contains("- The resources used differ too: `mysql-limit`, CPU used by `store`"))
        let same = try renderComparison(of: full, against: full, language: .english, templates: templates)
        #expect(
            same.contains("**No difference shown between the two runs.**") && !same.contains("Settings that differ"))
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
