import Analysis
package import Model
import Mustache

/// What a forge shows of a job: the answers, the limits, what has changed against an earlier run, and what limits validity.
package enum JobSummary {
    /// GitHub shows a step's summary up to 1 MiB.
    package static let mostBytes = 1 << 20

    /// Writes the summary of a run as GitHub's Markdown, shorter than `mostBytes`: experiments that do not fit are counted.
    /// - Parameters:
    ///   - earlier: the run that limits are held against; nil for none.
    ///   - mostBytes: for tests.
    /// - Throws: `Problem` when the templates lack a word.
    package static func render(
        _ run: StudiedRun, against earlier: RecordedRun?, language: Language, templates: ReportTemplates,
        mostBytes: Int = mostBytes
    ) throws -> String {
        let writer = SummaryWriter(
            writer: Writer(run, language: language, words: try templates.words(of: language)), earlier: earlier)
        var experiments = run.run.experiments.count
        while true {
            let view = try writer.view(experiments: experiments)
            let text = tidied(templates.library.render(view, withTemplate: "summary") ?? "")
            if text.utf8.count < mostBytes || experiments == 0 { return text }
            experiments /= 2
        }
    }
}
