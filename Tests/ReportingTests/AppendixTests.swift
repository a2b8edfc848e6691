import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// The report for print.
@Suite(.timed) struct AppendixTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    /// The texts of a page's paragraphs, cells and list items, without what the print adds.
    private func texts(_ page: String) -> [String: Int] {
        page.matches(of: /<(?:li|td|th|pre|p)(?:\s[^>]*)?>(.*?)<\/(?:li|td|th|p|pre)>/.dotMatchesNewlines())
            .reduce(into: [:]) { $0[String($1.output.1), default: 0] += 1 }
    }

    @Test(arguments: Language.allCases) func nothingThatIsFoldedIsLostInPrint(language: Language) throws {
        let printed = texts(try Rendered.lab(.print, language))
        let page = texts(try Rendered.lab(.page, language))
        #expect(page.count > 300)
        for (text, count) in page where !text.hasPrefix("<a href") {
            #expect(printed[text, default: 0] >= count, "\(text)")
        }
    }

    @Test(arguments: Language.allCases) func foldsStandBehindTheBodyUnderHeadings(language: Language) throws {
        let report = try Rendered.lab(.report, language)
        let page = try Rendered.lab(.print, language)
        let words = try repositoryTemplateFiles()["words.\(language.rawValue).txt"] ?? ""
        let title = try #require(words.firstMatch(of: /\nheadingAppendix = ([^\n]*)/)).output.1
            .replacing(" :", with: "\u{A0}:")
        let parts = page.components(separatedBy: "\(title) <a class=\"anchor\"")
        try #require(parts.count == 2)
        // But for values behind charts, and the questions to think about.
        let left = parts[0].components(separatedBy: "<details").dropFirst()
        #expect(left.allSatisfy { $0.hasPrefix(" class=\"values\"") || $0.hasPrefix(" class=\"think\"") })
        #expect(
            parts[1].components(separatedBy: "<details").dropFirst().allSatisfy { $0.hasPrefix(" class=\"values\"") })
        let folds = report.matches(of: /<summary>(.*?)<\/summary>/).map { String($0.output.1) }
        #expect(folds.count > 50)
        let headings = parts[1].matches(of: /<h[4-6] id="[^"]*">(.*?) <a class="anchor"/).map { String($0.output.1) }
        #expect(headings == folds.map { HTML.inline(markdown: $0) })
    }

    /// Links in the contents and at the ends of sections lead to headings, and the contents have the pages they are given.
    @Test(arguments: Language.allCases) func theContentsHaveTheirPages(language: Language) throws {
        let draft = try Rendered.lab(.print, language)
        let anchors = draft.matches(of: /<li(?: class="inner")?><a href="#([^"]*)">.*?<\/a> <span>–<\/span><\/li>/)
            .map { String($0.output.1) }
        #expect(anchors.count > 12 && Set(anchors).count == anchors.count)
        for anchor in anchors { #expect(draft.contains(" id=\"\(anchor)\""), "\(anchor)") }
        let pointers = draft.matches(of: /<p>[^<]*: <a href="#((?!e\d)[^"]+)">[^<]*<\/a>\.<\/p>/).map {
            String($0.output.1)
        }
        #expect(pointers.count >= 7)
        for pointer in pointers { #expect(anchors.contains(pointer), "\(pointer)") }
        var pages: [String: Int] = [:]
        for (index, anchor) in anchors.enumerated() { pages[anchor] = index + 3 }
        let printed = try renderPrint(Rendered.lab, language: language, templates: templates, pages: pages)
        #expect(!printed.contains("<span>–</span>") && printed.contains("<span>\(anchors.count + 2)</span>"))
    }
}
