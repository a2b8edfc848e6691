import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// How much a reader has to read before the folds, and where each question's answer and its proof stand.
@Suite(.timed) struct OutlineTests {
    private let templates: ReportTemplates
    private let sample: StudiedRun

    init() throws {
        templates = try repositoryTemplates()
        sample = try Rendered.sample()
    }

    /// The lines of each part, from its heading to its first fold or the next heading.
    private func parts(_ report: String) -> [[Substring]] {
        var parts: [[Substring]] = [[]]
        var isFolded = false
        for line in report.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("## ") {
                parts.append([])
                isFolded = false
            }
            if line.hasPrefix("<details") { isFolded = true }
            if !isFolded { parts[parts.count - 1].append(line) }
        }
        return parts
    }

    @Test(arguments: Language.allCases) func whatStandsBeforeTheFoldsOfTheSampleIsShort(language: Language) throws {
        let parts = parts(try Rendered.sample(.report, language))
        #expect(parts.count == 8)
        #expect(parts[0].count + parts[1].count <= 40)
        for question in 1...4 { #expect(parts[question + 1].count <= 45, "question \(question)") }
        #expect(parts[6].count <= 25)
        let lines = parts.joined()
        #expect(lines.count <= 350)
        #expect(lines.reduce(0) { $0 + $1.split(separator: " ").count } <= 3500)
    }

    @Test(arguments: Language.allCases) func eachAnswerStandsAtTheTopWithItsProof(language: Language) throws {
        for part in parts(try Rendered.sample(.report, language))[2...6] {
            let answer = try #require(part.firstIndex { $0.hasPrefix("**") })
            let fences = part.indices.filter { part[$0].hasPrefix("```") }
            #expect(answer <= 2)
            try #require(fences.count >= 2)
            #expect(fences[1] < 25, "\(part[0])")
        }
    }

    /// A search with many numbers of users shows those near the limit first, and all of them in a fold.
    @Test func theLadderBeforeTheFoldsHasTheRowsNearTheLimitAndTheFoldAll() throws {
        let whole = try Rendered.early(.report, .english)
        let short = /, (\d+) of (\d+) numbers of users \[ms\]/
        #expect(whole.matches(of: short).map { [$0.1, $0.2] } == [["7", "10"], ["7", "8"], ["7", "9"]])
        let text = whole.replacing(short, with: " [ms]")
        let ladders = text.components(separatedBy: "p95 of the worst window, logarithmic axis [ms]\n").dropFirst()
            .map { $0.prefix { $0 != "`" }.split(separator: "\n").filter { $0.contains(" |") } }
        #expect(ladders.map(\.count) == [7, 10, 7, 8, 7, 9])
        #expect(ladders[0].contains { $0.hasPrefix("  813 |") } && ladders[0].contains { $0.hasPrefix("  974 |") })
        #expect(ladders[0].allSatisfy { short in ladders[1].contains { $0.prefix(5) == short.prefix(5) } })
    }

    @Test(arguments: Language.allCases) func whatAllExperimentsAreJudgedByIsSaidOnce(language: Language) throws {
        let opening = language == .english ? "“Answers correctly” means" : "«\u{A0}Répond correctement\u{A0}» signifie"
        let parts = parts(try Rendered.sample(.report, language))
        #expect(parts.joined().count { $0.contains(opening) } == 1)
        #expect(parts[1].contains { $0.contains(opening) })
        // Another criterion makes it each section's own again.
        var run = sample.run
        run.experiments[0].experiment.criteria.removeLast()
        let own = self.parts(try renderReport(StudiedRun(run), language: language, templates: templates))
        #expect(!own[1].contains { $0.contains(opening) })
        #expect((2...5).allSatisfy { section in own[section].contains { $0.contains(opening) } })
    }
}
