import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// The sheet for whoever grades a report.
@Suite(.timed) struct GradingTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    private func sheet(_ run: RecordedRun) throws -> String {
        try renderGrading(StudiedRun(run), report: "report.md", language: .english, templates: templates)
    }

    /// The rows of a question's table, or of the last one.
    private func rows(_ sheet: String, under heading: String) -> [Substring] {
        let part = sheet.components(separatedBy: "\n## ").first { $0.hasPrefix(heading) } ?? ""
        return part.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst().filter { !$0.hasPrefix("|--") }
    }

    @Test(arguments: Language.allCases) func eachItemIsFoundOrMissing(language: Language) throws {
        let text = try Rendered.lab(.grading, language)
        #expect(!text.contains("{{") && !text.contains("\u{1}"))
        let counts = (1...5).map { rows(text, under: "Question \($0)").count }
        #expect(counts == [6, 7, 9, 11, 5])
        let missing = language == .french ? "**absent**" : "**missing**"
        for row in text.split(separator: "\n") where row.hasPrefix("| ") && row.contains("](") {
            #expect(!row.contains(missing) && row.contains("](report.md#"), "\(row)")
        }
        // The record of this run has all that the questions ask for.
        for question in 1...5 {
            for row in rows(text, under: "Question \(question)") {
                #expect(!row.contains(missing), "\(question): \(row)")
            }
        }
    }

    /// The places to which the sheet leads are those of the report.
    @Test(arguments: Language.allCases) func everyLinkLeadsToAHeadingAndEveryFoldIsThere(language: Language) throws {
        let report = try Rendered.lab(.report, language)
        let page = try Rendered.lab(.page, language)
        let text = try Rendered.lab(.grading, language)
        let anchors = text.matches(of: /\(report\.md#([^)]*)\)/).map(\.output.1)
        #expect(anchors.count > 30)
        for anchor in Set(anchors) { #expect(page.contains("id=\"\(anchor)\""), "\(anchor)") }
        let folds = text.matches(of: language == .french ? /partie « (.*?) »/ : /part “(.*?)”/).map(\.output.1)
        #expect(!folds.isEmpty || language == .french)
        for fold in Set(folds) { #expect(report.contains("<summary>\(fold)</summary>"), "\(fold)") }
    }

    @Test func whatIsNotThereIsMissing() throws {
        var run = Fabricated.lab()
        // Nothing failed on the way up, nothing was counted, no replica was seen, and there is no question 5.
        run.experiments[1].measurements[0].measurement.steps.removeAll { !$0.passed }
        run.experiments[0].measurements[0].measurement.counters = []
        run.experiments[3].measurements[0].measurement.prometheus = []
        run.experiments.remove(at: 4)
        let text = try sheet(run)
        func missing(_ question: Int) -> [String] {
            rows(text, under: "Question \(question)").filter { $0.contains("**missing**") }.map {
                String($0.split(separator: "|")[0]).trimmingCharacters(in: .whitespaces)
            }
        }
        #expect(missing(1) == ["the counters of Prometheus beside the generator’s own counts"])
        #expect(
            missing(2).contains { $0.hasPrefix("both bounds") }
                && missing(2).contains { $0.hasPrefix("which criterion") })
        #expect(
            missing(4).contains("the graphs of Prometheus") && missing(4).contains("requests and errors per replica"))
        #expect(missing(5).count == 5 && text.contains("The run has no experiment for this question"))
    }

    @Test func theModelAnswersAreThoseOfTheReport() throws {
        let report = try Rendered.lab(.report, .english)
        let questions = report.matches(of: /<summary>To think about: (.*?)<\/summary>/).map { String($0.output.1) }
        #expect(questions.count > 4)
        let text = try Rendered.lab(.grading, .english)
        for question in questions { #expect(text.contains("- **\(question)** "), "\(question)") }
    }

    /// Of a ramp the table's column is named otherwise than of a search.
    @Test func theTableOfPercentilesIsFoundOfARampAndOfASearch() throws {
        let text = try Rendered.lab(.grading, .english)
        for question in [1, 3, 4] {
            let row = try #require(rows(text, under: "Question \(question)").first { $0.hasPrefix("| p50, p95, p99") })
            #expect(row.contains("[top of the section]"), "\(row)")
        }
    }

    /// The source beside “which criterion was met” is that of the step that failed, and not of the first of all steps.
    @Test func theCriterionThatWasMetHasTheSourceOfItsStep() throws {
        let report = try Rendered.lab(.report, .english)
        let row = try #require(
            rows(try Rendered.lab(.grading, .english), under: "Question 2").first { $0.hasPrefix("| which criterion") })
        let number = try #require(row.firstMatch(of: /\[(\d+)\] \|/)?.output.1)
        let step = try #require(
            report.split(separator: "\n").first { $0.contains("s`: ") && $0.contains(" [\(number)] |") })
        #expect(step.contains("| failed |"), "\(step)")
    }

    /// Whoever grades has the heading before his eyes, and a column to write in.
    @Test func rowsNameThePlaceWithinTheirSectionAndHaveRoomForPoints() throws {
        let rows = rows(try Rendered.lab(.grading, .english), under: "Question 2")
        #expect(rows.allSatisfy { $0.hasSuffix(" |  |") && !$0.contains("[Question 2.") })
        #expect(rows.contains { $0.contains("| [top of the section](report.md#question-2-") })
        #expect(rows.contains { $0.contains("| [part “Failures”](report.md#question-2-") })
    }

    @Test func thePageIsWholeAndTitlesAreEscaped() throws {
        var run = Fabricated.lab()
        run.experiments[1].experiment.title = LocalizedText(english: "<b>a|b", french: "x")
        let page = try renderGradingPage(
            StudiedRun(run), report: "report-handed-in.html", language: .english, templates: templates)
        #expect(page.hasPrefix("<!doctype html>") && !page.contains("{{") && !page.contains("<b>a"))
        #expect(page.contains("href=\"report-handed-in.html#"))
    }
}
