import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// The committed sample is what this version says of its record, and what the README quotes.
@Suite(.timed) struct SampleReportTests {
    private static let folder = Rendered.sampleFolder

    private func report(_ language: Language) throws -> String { try Rendered.sample(.report, language) }

    @Test func theCommittedReportsAreThoseOfTheRecord() throws {
        for (language, name) in [(Language.english, "report.md"), (.french, "rapport.md")] {
            let committed = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
            #expect(try report(language) == committed, "\(name)")
        }
    }

    /// From the answer of question 3 to the end of its first chart, without footnotes. `STORELAB_RECORD=1` writes it there.
    @Test func theReadmeQuotesTheSample() throws {
        let text = try report(.english)
        let section = try #require(text.components(separatedBy: "\n## Question 3.").last)
        let answer = section[try #require(section.firstRange(of: "**")).lowerBound...]
        let parts = answer.components(separatedBy: "```")
        let excerpt = (parts[0] + "```" + parts[1] + "```").replacing(/[ ]?\[\d+\]/, with: "")
        let quoted = excerpt.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.isEmpty ? ">" : "> " + $0
        }
        .joined(separator: "\n")
        let root = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "README.md")
        let readme = try String(contentsOf: file, encoding: .utf8)
        let (opening, closing) = ("a test compares them. -->\n", "\n<!-- End of the quotation. -->")
        let begin = try #require(readme.firstRange(of: opening)).upperBound
        let end = try #require(readme.firstRange(of: closing)).lowerBound
        if ProcessInfo.processInfo.environment["STORELAB_RECORD"] == "1" {
            try (readme[..<begin] + quoted + readme[end...]).write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(readme[begin..<end] == quoted)
        }
    }

    /// A job's summary rounds an interval as the report does.
    @Test func theSummaryHasTheReportsIntervals() throws {
        let summary = try JobSummary.render(
            Rendered.sample(), against: nil, language: .english, templates: repositoryTemplates())
        let report = try report(.english)
        let intervals = summary.matches(of: /^\| `[a-z-]+` \| [\d,]+ \| ([\d,]+)–([\d,]+) \|/.anchorsMatchLineEndings())
        #expect(intervals.count == 3)
        for interval in intervals {
            #expect(report.contains("(95% interval: \(interval.1) to \(interval.2))"), "\(interval.0)")
        }
    }

    /// Nothing that the version which ran it noted of a step follows otherwise from its samples.
    @Test func itsVerdictsFollowFromItsSamples() throws {
        #expect(try Rendered.sample().verdictDifferences == [])
    }

    @Test func itTakesLittleRoom() throws {
        let listed = FileManager.default.enumerator(at: Self.folder, includingPropertiesForKeys: nil)
        // Pages are not committed.
        let sizes = try (listed?.allObjects ?? []).compactMap { $0 as? URL }.filter { $0.pathExtension != "html" }
            .map { try $0.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey]) }
            .map { $0.isRegularFile == true ? $0.fileSize ?? 0 : 0 }
        #expect(sizes.count > 10 && sizes.reduce(0, +) < 1_000_000, "\(sizes)")
    }
}
