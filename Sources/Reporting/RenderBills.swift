import Model

/// What each fault of a run cost, in a line of plain text each, in the order of the run.
/// - Throws: `Problem` when the templates lack a word.
package func renderBills(
    _ run: StudiedRun, language: Language, templates: ReportTemplates
) throws -> [String] {
    let writer = Writer(run, language: language, words: try templates.words(of: language))
    return try run.run.experiments.indices.flatMap { try writer.plainFaultLines(at: $0) }
}
