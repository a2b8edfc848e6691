import Foundation
import FoundationXML
import Model
import Reporting
import TestSupport
import Testing

@Suite(.timed) struct PageTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    @Test(arguments: Language.allCases) func thePageIsWholeAndNeedsNothingElse(language: Language) throws {
        let page = try Rendered.lab(.page, language)
        #expect(page.hasPrefix("<!doctype html>\n<html lang=\"\(language.rawValue)\">"))
        #expect(page.hasSuffix("</html>\n"))
        for outside in ["<script", "http://", "https://", "url(", "@import"] { #expect(!page.contains(outside)) }
        let document = try XMLDocument(xmlString: try wellFormed(page))
        #expect(try document.nodes(forXPath: "//svg").count > 10)
        #expect(try document.nodes(forXPath: "//h2").count == 8)
    }

    @Test(arguments: Language.allCases) func thePageSaysWhatTheMarkdownSays(language: Language) throws {
        let page = try Rendered.lab(.page, language)
        let document = try XMLDocument(xmlString: try wellFormed(page))
        let words =
            (try document.nodes(
                forXPath: "//main//*[self::p or self::li or self::td or self::th or self::h2 or self::summary]"))
            .compactMap(\.stringValue).joined(separator: "\n")
        // Cells of tables, without Markdown's own signs.
        let markdown = try Rendered.lab(.report, language)
        var cells = 0
        for line in markdown.split(separator: "\n") where line.hasPrefix("| ") {
            for cell in line.replacing(/[ ]?\[\d+\]/, with: "").split(separator: "|")
            where cell.allSatisfy({ !"*`\\<&".contains($0) }) && !cell.contains("](#") {
                let text = cell.trimmingCharacters(in: .whitespaces)
                guard text.contains(where: { $0.isLetter || $0.isNumber }) else { continue }
                cells += 1
                #expect(words.contains(text), "\(text)")
            }
        }
        #expect(cells > 300)
        for sign in ["**", "| ", "```", "storelab-drawing", "{{"] {
            #expect(!words.replacing("/**/", with: "/").contains(sign), "\(sign)")
        }
    }

    @Test func theSameRecordGivesTheSamePage() throws {
        let again = try renderPage(StudiedRun(Fabricated.lab()), language: .english, templates: templates)
        #expect(try again == Rendered.lab(.page, .english))
    }

    @Test func whatOthersWroteStaysText() throws {
        var run = Fabricated.lab()
        run.experiments[1].measurements[0].measurement.notes = [
            "<script>alert(1)</script> & \"**x**\" [a](javascript:b)"
        ]
        run.experiments[1].measurements[0].measurement.failures[0].response = "</code></pre><script>"
        let page = try renderPage(StudiedRun(run), language: .english, templates: templates)
        #expect(!page.contains("<script"))
        #expect(!page.contains("javascript:b\""))
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;**x**&quot; [a](javascript:b)"))
    }

    @Test func aPageWithoutItsTemplateSaysWhatIsMissing() throws {
        var files = try repositoryTemplateFiles()
        files["page.css"] = nil
        let templates = try ReportTemplates(files: files)
        #expect {
            try renderPage(StudiedRun(Fabricated.lab()), language: .english, templates: templates)
        } throws: {
            "\($0)".contains("page.css is missing")
        }
    }

    /// The page in the form that an XML parser reads.
    private func wellFormed(_ page: String) throws -> String {
        var text = page.replacing("<!doctype html>\n", with: "").replacing("<br>", with: "<br/>")
        for tag in ["meta", "link"] {
            text = text.replacing(try Regex("<\(tag) [^>]*>"), with: "")
        }
        return text
    }
}

@Suite(.timed) struct MarkdownPageTests {
    @Test(arguments: [
        ("a **b** *c* `d`", "<p>a <strong>b</strong> <em>c</em> <code>d</code></p>\n"),
        ("a \\*b\\* 2 * 3 * 4", "<p>a *b* 2 * 3 * 4</p>\n"),
        ("``a ` b`` &lt;x&gt; & <y>", "<p><code>a ` b</code> &lt;x&gt; &amp; &lt;y&gt;</p>\n"),
        ("[a](b/c.json) [d](javascript:e)", "<p><a href=\"b/c.json\">a</a> d</p>\n"),
        (
            "# A\n\n## B `c`",
            "<h1 id=\"a\">A</h1>\n<h2 id=\"b-c\">B <code>c</code> <a class=\"anchor\" href=\"#b-c\" aria-label=\"#\">#</a></h2>\n"
        ),
        (
            "<details>\n<summary>a</summary>\n\nb\n\n</details>",
            "<details>\n<summary>a</summary>\n<p>b</p>\n</details>\n"
        ),
        ("a [b] c [d](#e1)", "<p>a [b] c\u{A0}<a href=\"#e1\">d</a></p>\n"),
        ("a [1](#e1) [2](#e2)", "<p>a\u{A0}<a href=\"#e1\">1</a>\u{A0}<a href=\"#e2\">2</a></p>\n"),
        ("a [b](#else)", "<p>a <a href=\"#else\">b</a></p>\n"),
        ("**All.** [1](#e1)", "<p class=\"answer\"><strong>All.</strong>\u{A0}<a href=\"#e1\">1</a></p>\n"),
        ("- a\n- b\n\n1. c\n2. d", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<ol>\n<li>c</li>\n<li>d</li>\n</ol>\n"),
        ("> a\n> b", "<blockquote><p>a<br>b</p></blockquote>\n"),
        ("```text\n<a>\n\n# b\n```\nc", "<pre tabindex=\"0\"><code>&lt;a&gt;\n\n# b</code></pre>\n<p>c</p>\n"),
        ("````text\n```\n````", "<pre tabindex=\"0\"><code>```</code></pre>\n"),
        ("**open", "<p>**open</p>\n"), ("a ` b", "<p>a ` b</p>\n"), ("x <!-- y --> z", "<p>x &lt;!-- y --&gt; z</p>\n"),
        ("**All of it.**", "<p class=\"answer\"><strong>All of it.</strong></p>\n"),
    ])
    func blocksAndTextAreHTML(markdown: String, html: String) {
        #expect(HTMLBlocks.convert(markdown).html == html)
    }

    /// A sentence in a column of numbers does not push the others off the page; numbers and their sources stay on one line.
    @Test func wordsAmongNumbersMayTakeSeveralLines() {
        let words = "round robin (no directive: the default)"
        let html = HTMLBlocks.convert(
            "| a | b |\n|---|--:|\n| \(words) | \(words) |\n| y | [1](#e1) [2](#e2) [3](#e3) |"
        ).html
        #expect(html.contains("<td class=\"n long\">\(words)</td>"))
        #expect(html.contains("<td class=\"long\">\(words)</td>"))
        #expect(html.components(separatedBy: "long\"").count == 3)
    }

    @Test func tablesKeepBarsInCode() {
        let html = HTMLBlocks.convert("| a | b |\n|---|--:|\n| `x \\| y` | 1 |\n| [2] | 3 |").html
        #expect(html.contains("<th scope=\"col\">a</th><th scope=\"col\" class=\"n\">b</th>"))
        #expect(html.contains("<td><code>x | y</code></td><td class=\"n\">1</td>"))
        #expect(html.contains("<td id=\"e2\">2</td>"))
    }
}

@Suite(.timed) struct DrawingTests {
    private func chart(_ values: [Double?]) -> LineChart {
        LineChart(
            title: "Latency <x>", unit: "ms", xLabel: "seconds",
            series: [.init(name: "p50", points: values.enumerated().map { .init(x: Double($0), y: $1) })],
            noData: "not measured", numbers: Numbers(.english, plain: true))
    }

    @Test func withoutDataItSaysSo() {
        #expect(chart([]).svg(tableTitle: "Values") == "<p class=\"missing\">Latency &lt;x&gt; [ms]: not measured</p>")
        #expect(chart([nil, .nan, .infinity]).svg(tableTitle: "Values").contains("not measured"))
    }

    @Test func onePointIsADot() {
        let svg = chart([5]).svg(tableTitle: "Values")
        #expect(svg.contains("<circle"))
        #expect(svg.contains("<title>seconds: 0\np50: 5.00 ms</title>"))
    }

    @Test func aGapEndsTheLine() {
        let svg = chart((0..<100).map { (40..<60).contains($0) ? nil : 1 }).svg(tableTitle: "Values")
        #expect(svg.components(separatedBy: "<polyline").count == 3)
        #expect(svg.components(separatedBy: "<rect").count <= 61)
    }

    @Test(arguments: [[0.0, 0, 0], [1e-9, 2e-9], [1, 9e12], [-5, 5]])
    func everyValueLiesInTheFrame(values: [Double]) throws {
        let svg = chart(values.map(Optional.some)).svg(tableTitle: "Values")
        let points = try #require(svg.firstMatch(of: /points="([^"]*)"/)).output.1
        for pair in points.split(separator: " ") {
            let place = pair.split(separator: ",").compactMap { Double($0) }
            #expect((52...434).contains(place[0]) && (8...160).contains(place[1]))
        }
    }

    @Test func barsAreAsLongAsTheirShare() {
        let chart = BarChart(
            title: "Share",
            bars: [.init(name: "store-1", value: 0.5, label: "50%"), .init(name: "store-2", value: nil, label: "?")],
            full: 1, noData: "not measured")
        #expect(chart.svg(tableTitle: "Values").contains("width=\"125\" height=\"18\"><title>store-1: 50%</title>"))
        #expect(
            BarChart(title: "t", bars: [], noData: "none").svg(tableTitle: "Values")
                == "<p class=\"missing\">t: none</p>")
    }
}

@Suite(.timed) struct ReportCheckTests {
    private let report = "# R\n\n| a | 1,234 |\n| b | 5.6% |\n\nAll **better**.\n"

    @Test func theSameIsNoDifference() {
        let check = ReportCheck(report: report, expected: report)
        #expect(check.differences.isEmpty && check.numbers == 2)
    }

    @Test func aChangedNumberIsFoundWithItsLine() {
        let check = ReportCheck(report: report.replacing("1,234", with: "1,334"), expected: report)
        #expect(check.differences.map(\.line) == [3])
        #expect(check.differences[0].isWording == false)
        #expect(check.differences[0].excerpts.found == "| a | 1,334 |")
    }

    @Test func aSignCounts() {
        let check = ReportCheck(report: "+3 %", expected: "-3 %")
        #expect(check.differences.map(\.isWording) == [false])
    }

    @Test func otherWordsAreToldApart() {
        let check = ReportCheck(report: report.replacing("better", with: "worse"), expected: report)
        #expect(check.differences.map(\.line) == [6])
        #expect(check.differences[0].isWording)
    }

    @Test func aChangedVerdictIsNoMatterOfWords() {
        let report = "| 3 | 813 | climb | passed | 382 |\n- Verdict: **VALID**. All passed.\n"
        func check(_ old: String, _ new: String) -> [Bool] {
            ReportCheck(report: report.replacing(old, with: new), expected: report, outcomes: ["passed", "failed"])
                .differences.map(\.isWording)
        }
        #expect(check("| passed |", "| failed |") == [false])
        #expect(check("**VALID**", "**INCONCLUSIVE**") == [false])
        #expect(check("All passed", "All failed") == [true], "it stands in no table")
        #expect(check("| climb |", "| rise |") == [true])
    }

    @Test func missingAndAddedLinesAreFound() {
        let without = ReportCheck(report: report.replacing("| b | 5.6% |\n", with: ""), expected: report)
        #expect(without.differences.map(\.expected) == ["| b | 5.6% |"])
        let added = ReportCheck(report: report + "7 more\n", expected: report)
        #expect(added.differences.map(\.found) == ["7 more"])
        #expect(added.differences[0].line == 7)
    }
}
