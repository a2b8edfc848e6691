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
            "cautions": try cautions().map { ["line": $0] },
            "warnings": try warnings().map { ["line": $0] },
            "unmatched": try comparison.unmatched.map { unmatched in
                [
                    "line": try words(
                        "compareUnmatched",
                        ["run": Markdown.code(unmatched.run), "experiment": Markdown.code(unmatched.experiment)])
                ]
            },
            "method": try words(
                methodName,
                ["count": writer.numbers.integer(comparison.family)]),
        ]
        if !comparison.rows.isEmpty { view["table"] = ["rows": try comparison.rows.map(row)] as View }
        return view
    }

    private var methodName: String {
        guard comparison.isRepeated else { return "compareMethodSingle" }
        return comparison.inTurns ? "compareMethodInTurns" : "compareMethodRepeated"
    }

    /// By both names where B's is another.
    private func name(of row: RunComparison.Row) -> String {
        ([row.experiment] + (row.other == row.experiment ? [] : [row.other])).map { Markdown.code($0) }
            .joined(separator: " / ")
    }

    private func verdict() throws -> String {
        guard !comparison.rows.isEmpty else { return try words("compareNothing") }
        guard !comparison.differing.isEmpty else { return try words("compareNone") }
        let parts = try comparison.differing.map { row in
            try words(
                row.effect.verdict == .better ? "compareBetter" : "compareWorse",
                [
                    "experiment": name(of: row), "quantity": try writer.name(of: row.quantity),
                    "effect": try writer.effect(row.effect.estimate, of: row.quantity),
                    "interval": try writer.interval(row.effect, of: row.quantity),
                ])
        }
        return try words("compareSome", ["differences": parts.joined(separator: writer.separator)])
    }

    /// What a reader of the verdict must know: other loads are other questions, and how small a difference the runs could
    /// have shown.
    private func cautions() throws -> [String] {
        let loads = try comparison.ofOtherLoad.map { try words("compareOtherLoad", ["experiment": Markdown.code($0)]) }
        let silent = comparison.rows.filter { row in !comparison.differing.contains { $0.experiment == row.experiment }
        }
        let experiments = silent.map(\.experiment).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let repeats = try experiments.compactMap { experiment -> String? in
            let known = silent.filter { $0.experiment == experiment && $0.effect.repeatsForAFifth != nil }
            // What the stack bears, where it was measured: a latency may be steady because something else bounds it.
            let bearing = known.filter(\.quantity.moreIsBetter)
            let rows = bearing.isEmpty ? known : bearing
            guard let best = rows.min(by: { ($0.effect.repeatsForAFifth ?? 0) < ($1.effect.repeatsForAFifth ?? 0) })
            else { return nil }
            let shown = rows.first { $0.effect.showsAFifth }
            return try words(
                shown == nil ? "compareRepeats" : "compareEnough",
                [
                    "experiment": Markdown.code(experiment),
                    "quantity": try writer.name(of: (shown ?? best).quantity),
                    "count": writer.numbers.integer(best.effect.repeatsForAFifth ?? 0),
                ])
        }
        return loads + repeats
    }

    private func row(_ row: RunComparison.Row) throws -> View {
        let verdict =
            switch row.effect.verdict {
            case .better: "**\(try words("verdictBetter"))**"
            case .worse: "**\(try words("verdictWorse"))**"
            case .noDifferenceShown: try words("verdictSame")
            }
        return [
            "experiment": name(of: row), "quantity": try writer.name(of: row.quantity),
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
