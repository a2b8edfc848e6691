import Mustache

/// Writes the whole report of a run as Markdown.
///
/// It reads nothing but its arguments: no file, clock, locale or time zone, so the same record gives the same bytes.
/// - Throws: `Problem` when the templates lack a word.
/// - Parameter charts: the characters of its charts.
package func renderReport(
    _ run: StudiedRun, language: Language, templates: ReportTemplates, charts: ChartStyle = .ascii
) throws -> String {
    try ReportDraft(run, language: language, templates: templates).markdown(charts: charts)
}

/// A report in one language, but for what differs between Markdown and a page. It takes most of the time and serves both.
package struct ReportDraft: Sendable {
    let run: StudiedRun
    package let language: Language
    let templates: ReportTemplates
    /// With the sources as comments and the places of the parts.
    private let text: String
    private let parts: [FormedParts.Part]

    /// - Throws: `Problem` when the templates lack a word.
    package init(_ run: StudiedRun, language: Language, templates: ReportTemplates) throws {
        let parts = FormedParts()
        let writer = Writer(run, language: language, words: try templates.words(of: language), parts: parts)
        text = tidied(templates.library.render(try writer.report(), withTemplate: "report") ?? "")
        self.parts = parts.parts
        self.run = run
        self.language = language
        self.templates = templates
    }

    package func markdown(charts: ChartStyle = .ascii) throws -> String { try report(.markdown, charts) }

    /// As Markdown; in the form of a page with its drawings and links.
    func report(_ form: ReportForm, _ charts: ChartStyle = .ascii) throws -> String {
        var footnotes = Footnotes()
        // Parts may name sources too.
        let body = footnotes.number(FormedParts.filled(text, with: parts, form, charts), form: form)
        let evidence: View = [
            "w": try templates.words(of: language).texts,
            "places": footnotes.places.enumerated().map { ["number": "\($0 + 1)", "place": Markdown.code($1)] },
        ]
        let table = tidied("\n" + (templates.library.render(evidence, withTemplate: "evidence") ?? ""))
        return body + table
    }
}

/// Layout leaves blank lines where parts are missing: one at most stands between two others, except in fenced blocks.
func tidied(_ text: String) -> String {
    var lines: [Substring] = []
    var fence: Substring?
    for line in text.lines {
        let marks = line.prefix { $0 == "`" }
        if let open = fence {
            if marks == open && marks.count == line.count { fence = nil }
            lines.append(line)
        } else if line.allSatisfy({ $0 == " " }) {
            if let last = lines.last, !last.isEmpty { lines.append("") }
        } else {
            if marks.count >= 3 { fence = marks }
            lines.append(line)
        }
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines.joined(separator: "\n") + "\n"
}
