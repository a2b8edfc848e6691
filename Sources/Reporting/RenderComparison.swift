import Analysis
package import Model
import Mustache

/// Writes the comparison of two runs as Markdown.
/// - Throws: `Problem` when the templates lack a word.
package func renderComparison(
    of b: RecordedRun, against a: RecordedRun, language: Language, templates: ReportTemplates
) throws -> String {
    let writer = ComparisonWriter(
        writer: Writer(StudiedRun(b), language: language, words: try templates.words(of: language)), a: a, b: b,
        comparison: RunComparison(of: b, against: a))
    return tidied(templates.library.render(try writer.view(), withTemplate: "comparison") ?? "")
}

/// Turns a comparison into what its template lays out.
private struct ComparisonWriter {
    let writer: Writer
    let a: RecordedRun
    let b: RecordedRun
    let comparison: RunComparison

    private var words: Words { writer.words }

    func view() throws -> View {
        var view: View = [
            "w": words.texts,
            "a": a.manifest.id, "aBegan": Numbers.date(a.manifest.began),
            "b": b.manifest.id, "bBegan": Numbers.date(b.manifest.began),
            "verdict": try verdict(),
            "warnings": try warnings().map { ["line": $0] },
            "unmatched": try comparison.unmatched.map { unmatched in
                [
                    "line": try words(
                        "compareUnmatched",
                        ["run": Markdown.code(unmatched.run), "experiment": Markdown.code(unmatched.experiment)])
                ]
            },
            "method": try words(
                comparison.isRepeated ? "compareMethodRepeated" : "compareMethodSingle",
                ["count": writer.numbers.integer(comparison.rows.count)]),
        ]
        if !comparison.rows.isEmpty { view["table"] = ["rows": try comparison.rows.map(row)] as View }
        return view
    }

    private func verdict() throws -> String {
        guard !comparison.rows.isEmpty else { return try words("compareNothing") }
        guard !comparison.differing.isEmpty else { return try words("compareNone") }
        let parts = try comparison.differing.map { row in
            try words(
                row.effect.verdict == .better ? "compareBetter" : "compareWorse",
                [
                    "experiment": Markdown.code(row.experiment), "quantity": try writer.name(of: row.quantity),
                    "effect": try writer.effect(row.effect.estimate, of: row.quantity),
                    "interval": try writer.interval(row.effect, of: row.quantity),
                ])
        }
        return try words("compareSome", ["differences": parts.joined(separator: writer.separator)])
    }

    private func row(_ row: RunComparison.Row) throws -> View {
        let verdict =
            switch row.effect.verdict {
            case .better: "**\(try words("verdictBetter"))**"
            case .worse: "**\(try words("verdictWorse"))**"
            case .noDifferenceShown: try words("verdictSame")
            }
        return [
            "experiment": Markdown.code(row.experiment), "quantity": try writer.name(of: row.quantity),
            "a": writer.value(row.effect.a, of: row.quantity), "b": writer.value(row.effect.b, of: row.quantity),
            "runs": "\(writer.numbers.integer(row.runs.a)) / \(writer.numbers.integer(row.runs.b))",
            "effect": try writer.effect(row.effect.estimate, of: row.quantity),
            "interval": try writer.interval(row.effect, of: row.quantity), "verdict": verdict,
        ]
    }

    private func warnings() throws -> [String] {
        try comparison.differences.map { difference in
            let values = [
                "place": Markdown.code(difference.place),
                "a": difference.a.map { Markdown.code(Markdown.beginning(of: $0, characters: 80, lines: 1)) } ?? "–",
                "b": difference.b.map { Markdown.code(Markdown.beginning(of: $0, characters: 80, lines: 1)) } ?? "–",
            ]
            let line = try words("compareDiffers", values)
            return difference.experiment.map { Markdown.code($0) + writer.colon + line } ?? line
        }
    }
}
