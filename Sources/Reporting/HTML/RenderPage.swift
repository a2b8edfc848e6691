import Model
import Mustache

/// Writes the whole report of a run as one self-contained page: the same templates, words and values as the Markdown, with
/// the charts as SVG.
/// - Throws: `Problem` when the templates lack a word or a file.
/// - Parameter cover: a title page before it.
package func renderPage(
    _ run: StudiedRun, language: Language, templates: ReportTemplates, cover: Cover? = nil
) throws -> String {
    try ReportDraft(run, language: language, templates: templates).page(cover: cover)
}

extension ReportDraft {
    /// As `renderPage`.
    /// - Throws: `Problem` when the templates lack a word or a file.
    package func page(cover: Cover? = nil) throws -> String {
        let parts = try partsOfPage(run, language, templates, cover)
        return try Reporting.page(
            report(.html), parts, title: try titleOfPage(run, language, templates), language: language, templates)
    }
}

/// The same for print: what is folded is an appendix behind the rest, and there is a table of contents.
/// - Parameter pages: by the anchors of headings, the pages on which they stand; without them the contents have no numbers, but
///   the same size, so that a first print tells the numbers of the second.
/// - Throws: `Problem` when the templates lack a word or a file.
package func renderPrint(
    _ run: StudiedRun, language: Language, templates: ReportTemplates, cover: Cover? = nil, pages: [String: Int] = [:]
) throws -> String {
    let words = try templates.words(of: language)
    let report = try ReportDraft(run, language: language, templates: templates).report(.html)
    let pointer = try words("appendixPointer", ["anchor": "\u{1}"])
    let appendix = Appendix(of: report, title: try words("headingAppendix")) { pointer.replacing("\u{1}", with: $0) }
    var parts = try partsOfPage(run, language, templates, cover)
    let title = try words("headingAppendix")
    let headings = HTMLBlocks.convert(appendix.markdown).headings
    let start = headings.firstIndex { $0.level == 2 && $0.html == HTMLInline.html(title) } ?? headings.endIndex
    if start < headings.endIndex { parts["appendix"] = HTML.escaped(headings[start].id) }
    parts["printed"] = headings.enumerated().filter { $1.level == 2 || $0 > start }.map { _, heading -> View in
        [
            "id": HTML.escaped(heading.id), "name": heading.html, "page": pages[heading.id].map { "\($0)" } ?? "–",
            "inner": heading.level > 2,
        ]
    }
    return try page(
        appendix.markdown, parts, title: try titleOfPage(run, language, templates), language: language, templates)
}

private func titleOfPage(_ run: StudiedRun, _ language: Language, _ templates: ReportTemplates) throws -> String {
    "\(try templates.words(of: language)(run.titleName)) · \(run.run.manifest.id)"
}

private func partsOfPage(
    _ run: StudiedRun, _ language: Language, _ templates: ReportTemplates, _ cover: Cover?
) throws -> View {
    let words = try templates.words(of: language)
    var view: View = ["tiles": try Writer(run, language: language, words: words, form: .html).tiles()]
    if let cover {
        var parts: View = [
            "heading": HTML.escaped(try words(run.titleName)),
            "authors": cover.authors.map { ["name": HTML.escaped($0)] },
            "run": HTML.escaped(run.run.manifest.id), "date": Numbers.date(run.run.manifest.began),
        ]
        parts["subtitle"] = cover.subtitle.map(HTML.escaped)
        view["cover"] = parts
    }
    return view
}

/// The text of the title page.
package struct Cover: Sendable {
    package var authors: [String]
    package var subtitle: String?

    package init(authors: [String], subtitle: String? = nil) {
        self.authors = authors
        self.subtitle = subtitle
    }
}

/// A self-contained page of the report's Markdown.
/// - Parameter parts: what the page has beside it: tiles, a title page.
func page(
    _ markdown: String, _ parts: View, title: String, language: Language, _ templates: ReportTemplates
) throws -> String {
    guard templates.library.getTemplate(named: "page") != nil, let style = templates.style else {
        throw Problem(
            .usage, "templates/report/page.mustache or page.css is missing", nextStep: "Restore it from the repository."
        )
    }
    let (converted, headings) = HTMLBlocks.convert(markdown)
    // The tiles stand below the title.
    let end = converted.firstRange(of: "</h1>\n")?.upperBound ?? converted.startIndex
    let (top, body) = (String(converted[..<end]), String(converted[end...]))
    let whole: View = [
        "language": language.rawValue, "title": HTML.escaped(title), "style": style, "top": top, "body": body,
        "contentsTitle": HTML.escaped(try templates.words(of: language)("pageContents")),
        "answersTitle": HTML.escaped(try templates.words(of: language)("headingAnswers")),
        "contents": headings.filter { $0.level == 2 }.map { ["id": $0.id, "name": $0.html] },
    ]
    return templates.library.render(parts.merging(whole) { $1 }, withTemplate: "page") ?? ""
}
