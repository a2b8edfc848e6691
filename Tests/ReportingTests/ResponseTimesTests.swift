import Foundation
import Model
import Reporting
import TestSupport
import Testing

@Suite(.timed) struct ResponseTimesTests {
    /// The cells of the rows below a line of a report that begins so, without the sources.
    private func rows(_ text: String, below title: String) -> [[String]] {
        let lines = text.split(separator: "\n").drop { !$0.hasPrefix(title) }.dropFirst()
        return lines.prefix { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").dropLast().map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test func rangesAndPercentilesAreThoseOfThePlateau() throws {
        let text = try Rendered.lab(.report, .english)
        let section = text.components(separatedBy: "\n## Question 1.")[1].components(separatedBy: "\n## ")[0]
        let ranges = rows(section, below: "100 users: requests by response time.")
        let percentiles = rows(section, below: "100 users: percentiles of the response times")
        #expect(ranges[0] == ["task", "up to 250\u{A0}ms", "250\u{A0}ms to 500\u{A0}ms", "over 500\u{A0}ms", "failed"])
        #expect(
            percentiles[0].dropFirst() == [
                "50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%", "100%",
            ])
        try #require(ranges.count >= 5 && percentiles.count == ranges.count)
        // The parts of all tasks are the sum of each task's.
        func counts(_ row: [String]) -> [Int] {
            row.dropFirst().map { Int($0.split(separator: " ")[0].replacing(",", with: "")) ?? -1 }
        }
        let sums = ranges[3...].map(counts).reduce([0, 0, 0, 0]) { zip($0, $1).map(+) }
        #expect(counts(ranges[2]) == sums && sums.reduce(0, +) > 0)
        for row in percentiles[2...] {
            let values = row.dropFirst().compactMap { Double($0.replacing(",", with: "")) }
            #expect(values.count == 11 && values == values.sorted(), "\(row)")
        }
        // The same numbers as the table of the bounds.
        let bounds = rows(
            section.components(separatedBy: "| at 100 users |").dropFirst().map { "x\n| at |" + $0 }.joined(),
            below: "x")
        #expect(bounds[2][3] == percentiles[2][1] && bounds[2][4] == percentiles[2][6])
    }

    @Test(arguments: Language.allCases) func theyAreFoldedInMarkdownAndShownOnThePage(language: Language) throws {
        let markdown = try Rendered.lab(.report, language)
        #expect(!markdown.contains("<details open>"))
        let page = try Rendered.lab(.page, language)
        let open = page.components(separatedBy: "<details open>").count - 1
        #expect(open >= 4)
        let title = language == .english ? "Response times per task" : "Temps de réponse par tâche"
        #expect(page.components(separatedBy: "<details open>\n<summary>\(title)").count - 1 == open)
    }
}
