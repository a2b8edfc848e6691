import Analysis
import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// Experiments over many runs.
@Suite(.timed) struct HistoryTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    /// A run of one search, whose outcomes leave nothing to chance. Its capacity moves a little from one run to the next.
    private func run(_ number: Int, capacity: Double = 60, change: (inout RecordedRun) -> Void = { _ in })
        -> RecordedRun
    {
        var run = RecordedRun(manifest: Fabricated.manifest([]), experiments: [])
        let experiment = Fabricated.experiment(
            "mysql-limit", question: 2,
            shape: .findLimit(LimitSearchPlan(from: 50, to: 50_000, hold: 10, precision: 0.05)))
        let own = capacity * (1 + 0.01 * Double((number * 7) % 5 - 2))
        var maker = Fabricated(capacity: own)
        let edge = Int(own * 2)
        let recorded = maker.search(
            experiment,
            steps: [(edge / 2, .climb), (edge * 2, .climb), (edge - 4, .bisect), (edge + edge / 4, .bisect)], hold: 10)
        run.manifest.id = "run-\(number < 10 ? "0" : "")\(number)"
        run.manifest.began += Double(number) * 86_400
        run.manifest.experiments = [experiment]
        run.experiments = [
            RecordedExperiment(experiment: experiment, folder: "01-mysql-limit", measurements: [recorded])
        ]
        change(&run)
        return run
    }

    private func histories(_ runs: [RecordedRun]) -> RunHistories {
        RunHistories(
            histories: ExperimentHistory.all(of: runs.flatMap { HistoryEntry.all(of: $0, experiment: nil) }),
            runs: runs.count, unreadable: [])
    }

    /// Six runs, and six of a later version that bears a third more.
    private func improved() -> RunHistories {
        histories(
            (1...12).map { number in
                run(number, capacity: number <= 6 ? 60 : 80) { if number > 6 { $0.manifest.version = "0.3.0" } }
            })
    }

    @Test func aChangeIsFoundWithWhatWasSetOtherwise() throws {
        let history = try #require(improved().histories.first)
        #expect(history.entries.map(\.run).first == "run-01" && history.seriesCount == 1 && history.borders.isEmpty)
        let change = try #require(history.changes.first { $0.quantity == .limit })
        #expect(change.isBetter && history.entries[change.entry].run == "run-07")
        #expect(history.entries[change.previous].run == "run-06")
        #expect(change.differences.map(\.place) == ["version"])
        #expect(change.differences.first?.b == "0.3.0")
        #expect((0.25...0.4).contains(change.effect ?? 0))
    }

    @Test(arguments: Language.allCases) func itIsToldInTheTableTheChartAndASentence(language: Language) throws {
        let text = try renderHistory(improved(), language: language, templates: templates)
        let isFrench = language == .french
        #expect(!text.contains("{{") && text.hasPrefix(isFrench ? "# Historique" : "# History"))
        #expect(text.contains(isFrench ? "**mieux** à partir de `run-07`" : "**better** from `run-07` on"))
        #expect(text.contains("`version` `0.1.0` → `0.3.0`"))
        #expect(text.contains(isFrench ? "moyenne entre changements A" : "mean between changes A"))
        #expect(text.contains("| 12 | `run-12` |"))
        #expect(text.split(separator: "\n").allSatisfy { !$0.hasPrefix(" ") || $0.count <= 80 })
    }

    @Test func theOrderIsThatOfTime() {
        let runs = [3, 1, 2].map { run($0) }
        #expect(histories(runs).histories.first?.entries.map(\.run) == ["run-01", "run-02", "run-03"])
    }

    @Test(arguments: Language.allCases) func anotherMachineIsAnotherSeries(language: Language) throws {
        let all = histories(
            (1...12).map { number in
                run(number, capacity: number <= 6 ? 60 : 120) {
                    if number > 6 { $0.manifest.host.processor = "A faster | processor" }
                }
            })
        let history = try #require(all.histories.first)
        #expect(history.series == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1] && history.changes.isEmpty)
        #expect(history.borders.map(\.entry) == [6])
        #expect(history.borders.first?.differences.map(\.place) == ["host.processor"])
        let text = try renderHistory(all, language: language, templates: templates)
        #expect(
            text.contains(
                language == .french
                    ? "La série B commence avec `run-07` et n’est pas comparée"
                    : "Series B begins with `run-07` and is not compared"))
        #expect(text.contains(language == .french ? "Aucun changement" : "No change is shown."))
    }

    @Test func anotherDefinitionStackOrQuotaIsAnotherSeries() {
        func places(_ change: (inout RecordedRun) -> Void) -> [String]? {
            histories([run(1), run(2, change: change)]).histories.first?.borders.first?.differences.map(\.place)
        }
        #expect(places { $0.experiments[0].experiment.stack.storeCPUs = 0.25 } == ["stack.store.cpus"])
        #expect(places { $0.experiments[0].experiment.load.timeout += 1 } == ["load.timeout"])
        #expect(places { $0.experiments[0].measurements[0].measurement.stackKind = "compose" } == ["stack kind"])
        #expect(places { $0.manifest.quick = true } == ["quick"])
        // None of these keeps two runs apart.
        #expect(places { $0.experiments[0].experiment.load.seed += 1 } == nil)
        #expect(places { $0.manifest.commit = "def5678" } == nil)
        #expect(places { $0.manifest.host.memory += 4096 } == nil)
    }

    @Test func aRunOfAnEarlierSeriesGoesOnWithIt() {
        let other = { (run: inout RecordedRun) in run.manifest.host.cores = 8 }
        let history = histories([run(1), run(2, change: other), run(3), run(4, change: other)]).histories.first
        #expect(history?.series == [0, 1, 0, 1] && history?.borders.count == 1)
    }

    @Test func whatIsNoAnswerIsShownAndDoesNotCount() throws {
        let all = histories([
            run(1),
            // No step failed.
            run(2) { $0.experiments[0].measurements[0].measurement.steps.removeAll { !$0.passed } },
            run(3) { $0.experiments[0].measurements[0].measurement.outcome = .interrupted },
            run(4) {
                $0.experiments[0].measurements[0].measurement.outcome = .failed(
                    phase: .load, reason: "the <store> | ended")
            },
            run(5) { $0.experiments[0].measurements = [] },
            run(6) { run in
                for index in run.experiments[0].measurements[0].measurement.steps.indices {
                    run.experiments[0].measurements[0].measurement.steps[index].validity = Validity(
                        inconclusive: [.notSteady])
                }
            },
        ])
        let history = try #require(all.histories.first)
        #expect(history.counted(.limit, series: 0) == [0])
        let kinds = history.entries.map { $0.reading.values[.limit]?.kind }
        #expect(kinds == [.exact, .atLeast, nil, nil, nil, .doubtful])
        #expect(history.series == [0, 0, 0, 0, nil, 0])
        let text = try renderHistory(all, language: .english, templates: templates)
        for part in [
            "≥\u{A0}", "interrupted |", "not measured: the &lt;store&gt; \\| ended |", "not started |",
            "(inconclusive)",
            "a change can be shown from 4 on",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    /// Were numbers that are only bounds taken as numbers, there would be a change.
    @Test func boundsShowNoChange() {
        let all = histories(
            (1...12).map { number in
                run(number, capacity: number <= 6 ? 60 : 90) { run in
                    guard number > 6 else { return }
                    run.experiments[0].measurements[0].measurement.steps.removeAll { !$0.passed }
                }
            })
        #expect(all.histories.first?.changes.contains { $0.quantity == .limit } == false)
    }

    @Test func variantsHaveHistoriesOfTheirOwn() {
        var lab = Fabricated.lab()
        lab.experiments = [lab.experiments[4]]
        let all = histories([lab]).histories
        #expect(all.map(\.variant) == ["round_robin", "least_conn", "ip_hash", "random"])
        #expect(all.allSatisfy { $0.entries[0].reading.values[.limit] == nil })
        #expect(all.allSatisfy { ($0.entries[0].reading.values[.throughput]?.number ?? 0) > 0 })
    }

    @Test func theMeanOfRepetitionsCounts() throws {
        let once = run(1)
        let twice = run(1) { run in
            run.experiments[0].repetitions = [[self.run(2, capacity: 66).experiments[0].measurements[0]]]
        }
        func limit(_ run: RecordedRun) throws -> Double {
            let entry = try #require(HistoryEntry.all(of: run, experiment: "mysql-limit").first)
            return try #require(entry.reading.values[.limit]?.number)
        }
        let other = try limit(run(2, capacity: 66))
        #expect(try abs(limit(twice) - (limit(once) + other) / 2) < 1e-9)
    }

    @Test(arguments: Language.allCases) func thePageIsWholeAndEscapesNames(language: Language) throws {
        var all = histories(
            (1...5).map { number in
                run(number) { $0.experiments[0].experiment.title = LocalizedText(english: "<b>a", french: "<b>a") }
            })
        all.unreadable = [.init(run: "broken", reason: "<script>"), .init(run: "run-01", places: ["x`y"])]
        let page = try renderHistoryPage(all, language: language, templates: templates)
        #expect(page.hasPrefix("<!doctype html>") && page.contains("<svg") && !page.contains("{{"))
        // Names and dates are not broken, however narrow the page is.
        #expect(page.contains("<td class=\"whole\"><code>run-01</code></td><td class=\"whole\">"))
        #expect(!page.contains("<b>a") && !page.contains("<script>") && page.contains("&lt;script&gt;"))
        #expect(page.contains("lang=\"\(language.rawValue)\""))
    }

    @Test func theDataHoldTheSame() throws {
        let data = HistoryData(improved())
        let section = try #require(data.experiments.first)
        #expect(section.runs.count == 12 && section.changes.contains { $0.quantity == "limit" && $0.run == "run-07" })
        let read = try JSONDecoder().decode(HistoryData.self, from: JSONEncoder().encode(data))
        #expect(read == data)
        let rows = data.csv.components(separatedBy: "\r\n").dropLast()
        #expect(rows.count == 13 && Set(rows.map { $0.components(separatedBy: ",").count }) == [13])
        #expect(rows[7].hasPrefix("mysql-limit,,run-07,"))
        #expect(rows[7].components(separatedBy: ",").last?.split(separator: " ").contains("limit") == true)
    }
}
