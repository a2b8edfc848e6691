import Mustache

/// Writes the whole report of a run as Markdown.
///
/// It reads nothing but its arguments: no file, clock, locale or time zone, so the same record gives the same bytes.
/// - Throws: `Problem` when the templates lack a word.
/// - Parameter charts: the characters of its charts.
package func renderReport(
    _ run: StudiedRun, language: Language, templates: ReportTemplates, charts: ChartStyle = .ascii
) throws -> String {
    try renderReport(run, language: language, templates: templates, form: .markdown, charts: charts)
}

func renderReport(
    _ run: StudiedRun, language: Language, templates: ReportTemplates, form: ReportForm, charts: ChartStyle = .ascii
) throws -> String {
    let writer = Writer(run, language: language, words: try templates.words(of: language), form: form, charts: charts)
    let text = templates.library.render(try writer.report(), withTemplate: "report") ?? ""
    var footnotes = Footnotes()
    let body = footnotes.number(tidied(text), form: form)
    let evidence: View = [
        "w": writer.words.texts,
        "places": footnotes.places.enumerated().map { ["number": "\($0 + 1)", "place": Markdown.code($1)] },
    ]
    return body + tidied("\n" + (templates.library.render(evidence, withTemplate: "evidence") ?? ""))
}

/// Layout leaves blank lines where parts are missing: one at most stands between two others, except in fenced blocks.
func tidied(_ text: String) -> String {
    var lines: [Substring] = []
    var fence: Substring?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
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
