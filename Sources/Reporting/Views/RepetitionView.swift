import Analysis
import Model

/// What was measured more than once, time by time.
extension Writer {
    func repetitions(at index: Int) throws -> View? {
        let recorded = run.experiments[index]
        guard !recorded.repetitions.isEmpty else { return nil }
        let found = recorded.figures(on: run.manifest.host)
        let times = found.figures.values.map(\.count).max() ?? 0
        let rows: [View] = try found.quantities.map { quantity in
            let figures = found.figures[quantity] ?? []
            var cells = figures.map { figure($0, of: quantity) }
            cells += Array(repeating: "–", count: times - cells.count)
            if let repeated = Repeated(quantity, figures) {
                let ends = ["lower": value(repeated.lower, of: quantity), "upper": value(repeated.upper, of: quantity)]
                let isWide = quantity.isRatio && repeated.upper > 100 * repeated.lower
                cells += [
                    value(repeated.mean, of: quantity), try words(isWide ? "intervalUnknown" : "intervalBetween", ends),
                ]
            } else {
                cells += ["–", "–"]
            }
            return [
                "line": tableLine(
                    [try name(of: quantity)] + cells, source: source("\(recorded.folder)/**/samples.jsonl"))
            ]
        }
        let heads =
            try [words("tableQuantity")] + (0..<times).map { numbers.integer($0 + 1) }
            + [words("tableMeanOfRuns"), words("tableInterval"), words("tableNote")]
        return [
            "head": tableLine(heads), "rule": tableLine(["---"] + heads.dropFirst().map { _ in "--:" }), "rows": rows,
            "note": try words(
                "repetitionsNote",
                ["times": numbers.integer(recorded.repetitions.count + 1), "measured": numbers.integer(times)]),
        ]
    }

    /// - Parameter source: where its numbers come from.
    func tableLine(_ cells: [String], source: String = "") -> String {
        "| " + (cells.map(Markdown.cell) + (source.isEmpty ? [] : [source])).joined(separator: " | ") + " |"
    }
}
