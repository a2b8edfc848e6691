import Model

/// The answer of each experiment in one sentence or two, as the report gives it, in Markdown.
/// - Returns: one per experiment, in the order of the run.
/// - Throws: `Problem` when the templates lack a word.
package func renderAnswers(
    _ run: StudiedRun, language: Language, templates: ReportTemplates
) throws -> [(experiment: String, answer: String)] {
    let writer = Writer(run, language: language, words: try templates.words(of: language))
    return try run.run.experiments.indices.map { index in
        let experiment = run.run.experiments[index].experiment
        return (experiment.name, try writer.answer(of: experiment, at: index))
    }
}

extension HTML {
    /// Running text of the report's Markdown.
    package static func inline(markdown: String) -> String { HTMLInline.html(markdown) }
}
