import Model
import Mustache

/// Writes the sheet for whoever grades a report: what a full answer holds, where the report has it, and model answers.
/// - Parameter report: the name of the report's file, to which the sheet links, in Markdown or as a page.
/// - Throws: `Problem` when the templates lack a word.
package func renderGrading(
    _ run: StudiedRun, report: String, language: Language, templates: ReportTemplates
) throws -> String {
    // What is looked for stands in the words of the report itself, so the report is what is looked at.
    let text = try renderReport(run, language: language, templates: templates)
    let writer = GradingWriter(
        writer: Writer(run, language: language, words: try templates.words(of: language)), file: report,
        text: ReportText(text))
    return tidied(templates.library.render(try writer.view(), withTemplate: "grading") ?? "")
}

/// The same as a page.
/// - Throws: `Problem` when the templates lack a word or a file.
package func renderGradingPage(
    _ run: StudiedRun, report: String, language: Language, templates: ReportTemplates
) throws -> String {
    let markdown = try renderGrading(run, report: report, language: language, templates: templates)
    let title = "\(try templates.words(of: language)("gradingTitle")) · \(run.run.manifest.id)"
    return try page(markdown, [:], title: title, language: language, templates)
}
