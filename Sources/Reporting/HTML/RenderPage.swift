import Model
import Mustache

/// Writes the whole report of a run as one self-contained page: the same templates, words and values as the Markdown, with
/// the charts as SVG.
/// - Throws: `Problem` when the templates lack a word or a file.
/// - Parameter cover: a title page before it.
package func renderPage(
    _ run: StudiedRun, language: Language, templates: ReportTemplates, cover: Cover? = nil
) throws -> String {
    let words = try templates.words(of: language)
    let markdown = try renderReport(run, language: language, templates: templates, form: .html)
    let writer = Writer(run, language: language, words: words, form: .html)
    let heading = try words(run.titleName)
    let title = "\(heading) · \(run.run.manifest.id)"
    var view: View = ["tiles": try writer.tiles()]
    if let cover {
        var parts: View = [
            "heading": HTML.escaped(heading),
            "authors": cover.authors.map { ["name": HTML.escaped($0)] },
            "run": HTML.escaped(run.run.manifest.id), "date": Numbers.date(run.run.manifest.began),
        ]
        parts["subtitle"] = cover.subtitle.map(HTML.escaped)
        view["cover"] = parts
    }
    return try page(markdown, view, title: title, language: language, templates)
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
        "contents": headings.map { ["id": $0.id, "name": $0.html] },
    ]
    return templates.library.render(parts.merging(whole) { $1 }, withTemplate: "page") ?? ""
}
