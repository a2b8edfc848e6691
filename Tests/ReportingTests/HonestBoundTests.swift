import Analysis
import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// What an answer says of a bound that was measured several times.
@Suite(.timed) struct HonestBoundTests {
    /// - Parameter p95: of successes at 110 users, in ms, one step after the other; above 500 the step fails.
    private func run(_ p95: [Int]) -> RecordedRun {
        let experiment = Fabricated.experiment(
            "x", question: nil, shape: .findLimit(LimitSearchPlan(from: 50, to: 500, hold: 10, precision: 0.1)))
        var maker = Fabricated(capacity: 60)
        let steps: [(users: Int, purpose: LoadStep.Purpose)] =
            [(50, .climb), (300, .climb)] + p95.map { _ in (110, .confirm) }
        var measured = maker.search(experiment, steps: steps, hold: 10)
        for (step, latency) in zip(measured.measurement.steps.dropFirst(2), p95) {
            for second in step.plateauBegan..<step.plateauEnded {
                for task in 0..<3 {
                    measured.samples[second].tasks[task].succeeded = Distribution(
                        ascending: [.init(microseconds: latency * 1000, count: 30)])
                }
            }
        }
        return Fabricated.run(experiment, [measured])
    }

    private func answer(_ p95: [Int], _ language: Language = .english) throws -> String {
        let text = try renderReport(StudiedRun(run(p95)), language: language, templates: repositoryTemplates())
        return firstLine(text, with: language == .french ? "**L’application" : "**The application")
    }

    @Test func theWorstStepThatPassedIsNamedBesideTheLast() throws {
        let text = try answer([400, 300])
        #expect(
            text.contains("answers correctly at 110 users (median 300\u{A0}ms, p95 300\u{A0}ms, error rate 0%; "),
            "\(text)")
        #expect(text.contains("; p95 400\u{A0}ms in the worst step that passed there) and no longer at 300"), "\(text)")
        #expect(try answer([400, 300], .french).contains("p95 400\u{A0}ms dans la moins bonne des étapes réussies)"))
    }

    @Test func whereTheLastIsTheWorstNothingIsAdded() throws {
        #expect(try !answer([300, 400]).contains("worst step"))
        #expect(try !answer([300]).contains("worst step"))
    }

    /// The worst step's, wherever one number stands for all of them.
    @Test(arguments: [([400, 300], 400), ([300, 400], 400), ([300, 900, 400], 400), ([350], 350)])
    func historyAndSummaryShowTheSameP95(p95: [Int], worst: Int) throws {
        let run = self.run(p95)
        let entry = try #require(HistoryEntry.all(of: run, experiment: nil).first)
        #expect(entry.reading.values[.p95]?.number == Double(worst) / 1000)
        let histories = RunHistories(histories: ExperimentHistory.all(of: [entry]), runs: 1, unreadable: [])
        let history = try renderHistory(histories, language: .english, templates: repositoryTemplates())
        #expect(history.contains(" | p95 of the worst step that passed | "))
        #expect(history.contains(" | \(worst)\u{A0}ms |"), "\(history)")
        let summary = try JobSummary.render(
            StudiedRun(run), against: nil, language: .english, templates: repositoryTemplates())
        #expect(summary.contains(" | p95 at the most users that passed (worst step) | "))
        #expect(summary.contains(" | \(worst)\u{A0}ms | 0% |"), "\(summary)")
    }

    @Test func aBoundThatPassedNotAlwaysIsSaidToPassMostTimes() throws {
        let text = try answer([300, 900, 400])
        #expect(text.contains("answers correctly most times at 110 users (median 400\u{A0}ms"), "\(text)")
        #expect(try answer([300, 900, 400], .french).contains("L’application répond en général correctement à 110"))
        #expect(try !answer([300, 400]).contains("most times"))
    }

    @Test func aBoundThatFailedNotAlwaysIsSaidToFailMostTimes() throws {
        let text = try answer([900, 300, 900])
        #expect(text.contains("and most times no longer at 110 "), "\(text)")
    }
}

/// Prometheus's p95 beside the generator's.
@Suite(.timed) struct PrometheusBesideTests {
    /// What it is worth is said once a chart of it, in a fold.
    @Test(arguments: Language.allCases) func theWidthOfBucketsIsSaidWithItsPercentile(language: Language) throws {
        let note = language == .english ? "moves within the width of a bucket" : "dans la largeur d’une classe"
        let query = language == .english ? "Query: `" : "Requête\u{A0}: `"
        let text = try Rendered.lab(.report, language)
        let lines = text.split(separator: "\n").filter { $0.contains(note) }
        #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix(query) }, "\(lines)")
    }

    /// On a page charts stand side by side: what was asked for them comes below, with the same sources as in Markdown.
    @Test func onAPageQueriesStandBelowTheCharts() throws {
        let page = try Rendered.lab(.page, .english)
        let fold = try #require(page.components(separatedBy: "<summary>Prometheus</summary>").dropFirst().first)
        let part = fold.components(separatedBy: "<summary>Headroom").first ?? ""
        let query = try #require(part.firstRange(of: "Query: <code>"))
        let chart = try #require(part.ranges(of: "<figure").last)
        #expect(chart.lowerBound < query.lowerBound)
        let text = try Rendered.lab(.report, .english)
        let asked = text.matches(of: /Query: `[^`]*` \[(\d+)\]/).map { String($0.output.1) }
        let shown = page.matches(of: /Query: <code>[^<]*<\/code>\u{A0}<a href="#e(\d+)">/).map { String($0.output.1) }
        #expect(asked.count > 5 && shown == asked)
    }
}
