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
struct ComparisonWriter {
    let writer: Writer
    let a: RecordedRun
    let b: RecordedRun
    let comparison: RunComparison

    private var words: Words { writer.words }

    func view() throws -> View {
        var view: View = [
            "w": words.texts, "colon": writer.colon,
            "a": a.manifest.id, "aBegan": Numbers.date(a.manifest.began),
            "b": b.manifest.id, "bBegan": Numbers.date(b.manifest.began),
            "verdict": try verdict(),
            "cautions": try cautions().map { ["line": $0] },
            "settings": try differences { $0.isSetting }.map { ["line": $0] },
            "warnings": try differences { !$0.isSetting }.map { ["line": $0] },
            "unmatched": try unmatched().map { ["line": $0] },
            "method": try words(
                methodName,
                ["count": writer.numbers.integer(comparison.family)]),
        ]
        if !comparison.outcomes.isEmpty { view["table"] = ["rows": try comparison.outcomes.map(row)] as View }
        if !comparison.resources.isEmpty { view["used"] = ["rows": try comparison.resources.map(row)] as View }
        return view
    }

    /// What only one of the runs measured.
    func unmatched() throws -> [String] {
        try comparison.unmatched.map { unmatched in
            try words(
                "compareUnmatched",
                ["run": Markdown.code(unmatched.run), "experiment": Markdown.code(unmatched.experiment)])
        }
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

    func verdict() throws -> String {
        guard !comparison.rows.isEmpty else { return try words("compareNothing") }
        let cameOut = comparison.differing.filter { !$0.quantity.isResource }
        if !cameOut.isEmpty { return try words("compareSome", ["differences": try list(cameOut)]) }
        let used = comparison.differing
        guard !used.isEmpty else { return try words("compareNone") }
        return try words("compareUsedOnly", ["differences": try list(used)])
    }

    private func list(_ rows: [RunComparison.Row]) throws -> String {
        try rows.map { row in
            let name =
                switch row.effect.verdict {
                case .better: "compareBetter"
                case .worse: "compareWorse"
                case .more, .less, .noDifferenceShown: "compareUsed"
                }
            var line = try words(
                name,
                [
                    "experiment": self.name(of: row), "quantity": try writer.name(of: row.quantity),
                    "effect": try writer.effect(row.effect, of: row.quantity),
                    "interval": try writer.interval(row.effect, of: row.quantity),
                    "a": writer.value(row.effect.a, row.effect.boundOfA, of: row.quantity),
                    "b": writer.value(row.effect.b, row.effect.boundOfB, of: row.quantity),
                ])
            if row.quantity.kind == .cpu, let (a, b) = row.effect.heldAt {
                let limits = ["a": writer.numbers.exact(a), "b": writer.numbers.exact(b)]
                line += ", " + (try words(a == b ? "compareHeldSame" : "compareHeld", limits))
            }
            return line
        }.joined(separator: writer.separator)
    }

    /// What a reader of the verdict must know: other loads are other questions, and how small a difference the runs could
    /// have shown.
    private func cautions() throws -> [String] {
        let loads = try comparison.ofOtherLoad.map { try words("compareOtherLoad", ["experiment": Markdown.code($0)]) }
        let cameOut = comparison.differing.filter { !$0.quantity.isResource }
        let used = comparison.differing.filter(\.quantity.isResource)
        let usedToo =
            cameOut.isEmpty || used.isEmpty ? [] : [try words("compareUsedToo", ["differences": try list(used)])]
        let silent = comparison.outcomes.filter { row in !cameOut.contains { $0.experiment == row.experiment } }
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
        return try incomplete() + usedToo + loads + repeats
    }

    /// What a run should have recorded and has not: figures that rest on it are missing here, or of fewer seconds.
    private func incomplete() throws -> [String] {
        let lines = try [a, b].flatMap { run in
            try (writer.unreadable(of: run) + writer.missing(run.allFaults)).map { line in
                Markdown.code(run.manifest.id) + writer.colon + line
            }
        }
        // Two experiments may be of one run.
        return lines.reduce(into: []) { list, line in if !list.contains(line) { list.append(line) } }
    }

    func row(_ row: RunComparison.Row) throws -> View {
        let verdict =
            switch row.effect.verdict {
            case .better: "**\(try words("verdictBetter"))**"
            case .worse: "**\(try words("verdictWorse"))**"
            case .more: "**\(try words("verdictMore"))**"
            case .less: "**\(try words("verdictLess"))**"
            case .noDifferenceShown: try words("verdictSame")
            }
        let quotas = try [row.effect.quotas.a, row.effect.quotas.b].map(quota).joined(separator: " / ")
        return [
            "quotas": quotas,
            "experiment": name(of: row), "quantity": try writer.name(of: row.quantity),
            "a": writer.value(row.effect.a, row.effect.boundOfA, of: row.quantity),
            "b": writer.value(row.effect.b, row.effect.boundOfB, of: row.quantity),
            "runs": "\(writer.numbers.integer(row.runs.a)) / \(writer.numbers.integer(row.runs.b))",
            "effect": try writer.effect(row.effect, of: row.quantity),
            "interval": try writer.interval(row.effect, of: row.quantity), "verdict": verdict,
        ]
    }

    private func quota(_ quota: Figure.Quota?) throws -> String {
        guard let quota else { return "–" }
        let cores = writer.numbers.exact(quota.cores)
        return quota.isHeld ? try words("compareReached", ["cores": cores]) : cores
    }

    func differences(_ isMeant: (RecordDifference) -> Bool) throws -> [String] {
        try comparison.differences.filter(isMeant).map { difference in
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
