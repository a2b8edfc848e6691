package import Analysis
import Model
import Mustache

/// Experiments over all runs, and the runs that could not be read.
package struct RunHistories: Sendable {
    package var histories: [ExperimentHistory]
    /// How many runs were read.
    package var runs: Int
    package var unreadable: [Unreadable]

    package struct Unreadable: Sendable, Equatable {
        package var run: String
        /// One line; nil where the run was read but for some places.
        package var reason: String?
        /// Of the record, relative to the run's folder.
        package var places: [String]

        package init(run: String, reason: String? = nil, places: [String] = []) {
            self.run = run
            self.reason = reason
            self.places = places
        }
    }

    package init(histories: [ExperimentHistory], runs: Int, unreadable: [Unreadable]) {
        self.histories = histories
        self.runs = runs
        self.unreadable = unreadable
    }
}

/// Writes histories as Markdown.
/// - Throws: `Problem` when the templates lack a word.
package func renderHistory(
    _ histories: RunHistories, language: Language, templates: ReportTemplates
) throws -> String {
    try renderHistory(histories, language: language, templates: templates, form: .markdown)
}

/// Writes histories as one self-contained page.
/// - Throws: `Problem` when the templates lack a word or a file.
package func renderHistoryPage(
    _ histories: RunHistories, language: Language, templates: ReportTemplates
) throws -> String {
    let markdown = try renderHistory(histories, language: language, templates: templates, form: .html)
    let title = try templates.words(of: language)("historyTitle")
    return try page(markdown, [:], title: title, language: language, templates)
}

private func renderHistory(
    _ histories: RunHistories, language: Language, templates: ReportTemplates, form: ReportForm
) throws -> String {
    let writer = HistoryWriter(histories, language: language, words: try templates.words(of: language), form: form)
    return tidied(templates.library.render(try writer.view(), withTemplate: "history") ?? "")
}
