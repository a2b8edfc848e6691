import Analysis
import Model

/// Turns histories into what their template lays out.
struct HistoryWriter {
    let all: RunHistories
    let language: Language
    let words: Words
    let form: ReportForm
    let numbers: Numbers

    init(_ all: RunHistories, language: Language, words: Words, form: ReportForm) {
        self.all = all
        self.language = language
        self.words = words
        self.form = form
        numbers = Numbers(language)
    }

    func view() throws -> View {
        let count = Double(all.runs)
        return [
            "w": words.texts,
            "intro": all.runs == 0
                ? try words("historyEmpty")
                : try words("historyIntro", many(count).merging(["runs": numbers.integer(all.runs)]) { $1 }),
            "unreadable": try all.unreadable.map { ["line": try line($0)] },
            "histories": try all.histories.map(view),
        ]
    }

    private func line(_ unreadable: RunHistories.Unreadable) throws -> String {
        let run = Markdown.code(unreadable.run)
        guard let reason = unreadable.reason else {
            let places = unreadable.places.prefix(5).map { Markdown.code($0) }
            let more = unreadable.places.count > places.count ? ["…"] : []
            return try words("historyPartly", ["run": run, "places": (places + more).joined(separator: ", ")])
        }
        return try words(
            "historyUnreadable",
            ["run": run, "reason": Markdown.inline(Markdown.beginning(of: reason, characters: 300, lines: 1))])
    }

    private func view(_ history: ExperimentHistory) throws -> View {
        let quantities = quantities(of: history)
        let title = language.text(history.title)
        let names = [history.experiment] + [history.variant].compactMap(\.self)
        var view: View = [
            "heading": Markdown.inline(language.spaced(title[...]))
                + " (" + names.map { Markdown.code($0) }.joined(separator: ", ") + ")",
            "verdict": try verdict(history),
            "changes": try history.changes.map { ["line": try line($0, of: history)] },
            "borders": try history.borders.map { ["line": try line($0, of: history)] },
            "few": try few(history).map { ["line": $0] },
            "charts": try quantities.map { ["block": form.block(try chart($0, of: history), tableTitle: chartValues)] },
            "rows": try history.entries.indices.map { try row($0, of: history) },
            "limitName": try name(of: .limit, in: history), "throughputName": try name(of: .throughput, in: history),
            "p95Name": try name(of: .p95, in: history),
        ]
        if quantities.contains(.limit) { view["hasLimit"] = true }
        return view
    }

    private var chartValues: String { (try? words("chartValues")) ?? "" }

    /// Those that some run has a value of.
    private func quantities(of history: ExperimentHistory) -> [HistoryQuantity] {
        HistoryQuantity.allCases.filter { quantity in
            history.entries.contains { $0.reading.values[quantity] != nil }
        }
    }

    func name(of quantity: HistoryQuantity, in history: ExperimentHistory) throws -> String {
        switch quantity {
        case .limit: try words("quantityLimit")
        case .throughput:
            try words(
                hasLimit(history) ? "quantityMostThroughput" : "quantityThroughput")
        case .p95: try hasLimit(history) ? words("quantityWorstPassed") : "p95"
        }
    }

    private func hasLimit(_ history: ExperimentHistory) -> Bool {
        history.entries.contains { $0.reading.values[.limit] != nil }
    }

    // MARK: Sentences

    private func verdict(_ history: ExperimentHistory) throws -> String {
        let count = history.changes.count
        guard count > 0 else { return try words("historyNoChange") }
        return try words(
            "historySomeChanges", many(Double(count)).merging(["count": numbers.integer(count)]) { $1 })
    }

    private func line(_ change: ExperimentHistory.Change, of history: ExperimentHistory) throws -> String {
        let counted = history.counted(change.quantity, series: change.series)
        let before = counted.count { $0 < change.entry }
        let place = try words(
            "historyPlace",
            many(Double(before), "manyBefore").merging([
                "before": numbers.integer(before), "after": numbers.integer(counted.count - before),
            ]) { $1 })
        let previous = Markdown.code(history.entries[change.previous].run)
        let sentence = try words(
            "historyChange",
            [
                "quantity": try name(of: change.quantity, in: history), "series": letter(change.series),
                "verdict": try words(change.isBetter ? "verdictBetter" : "verdictWorse"),
                "run": Markdown.code(history.entries[change.entry].run),
                "before": number(change.point.before, of: change.quantity),
                "after": number(change.point.after, of: change.quantity),
                "effect": change.effect.map(numbers.difference(percent:)) ?? "–", "place": place,
            ])
        let cause =
            change.differences.isEmpty
            ? try words("historySame", ["previous": previous])
            : try words("historySet", ["previous": previous, "differences": try list(change.differences)])
        return sentence + " " + cause
    }

    private func line(_ border: ExperimentHistory.Border, of history: ExperimentHistory) throws -> String {
        try words(
            "historyBorder",
            [
                "series": history.series[border.entry].map(letter) ?? "–",
                "run": Markdown.code(history.entries[border.entry].run),
                "previous": Markdown.code(history.entries[border.previous].run),
                "differences": try list(border.differences),
            ])
    }

    private static let mostDifferences = 8

    private func list(_ differences: [RecordDifference]) throws -> String {
        func value(_ text: String?) -> String {
            text.map { Markdown.code(Markdown.beginning(of: $0, characters: 60, lines: 1)) } ?? "–"
        }
        var parts = try differences.prefix(Self.mostDifferences).map { difference in
            try words(
                "historyDiffers",
                ["place": Markdown.code(difference.place), "a": value(difference.a), "b": value(difference.b)])
        }
        if differences.count > parts.count {
            parts.append(try words("historyMore", ["count": numbers.integer(differences.count - parts.count)]))
        }
        return parts.joined(separator: language.marked(";"))
    }

    /// The series that are too short for any change.
    private func few(_ history: ExperimentHistory) throws -> [String] {
        try (0..<history.seriesCount).compactMap { series in
            let count = HistoryQuantity.allCases.map { history.counted($0, series: series).count }.max() ?? 0
            guard count < ChangePoint.fewestValues else { return nil }
            return try words(
                "historyFew",
                many(Double(count)).merging([
                    "series": letter(series), "count": numbers.integer(count),
                    "needed": numbers.integer(ChangePoint.fewestValues),
                ]) { $1 })
        }
    }

    func many(_ value: Double, _ name: String = "many") -> [String: String] {
        numbers.isPlural(value) ? [name: ""] : [:]
    }

    // MARK: Values

    func letter(_ series: Int) -> String { HistoryData.letter(series) }

    private func number(_ value: Double, of quantity: HistoryQuantity) -> String {
        switch quantity {
        case .limit: numbers.integer(Int(value.rounded()))
        case .throughput: numbers.short(value)
        case .p95: numbers.latency(value)
        }
    }

    private func cell(_ quantity: HistoryQuantity, _ entry: HistoryEntry) throws -> String {
        guard let value = entry.reading.values[quantity] else { return "–" }
        let number = number(value.number, of: quantity)
        switch value.kind {
        case .exact: return number
        case .atLeast: return "≥\u{A0}" + number
        case .atMost: return "≤\u{A0}" + number
        case .doubtful: return try words("historyDoubtful", ["value": number])
        }
    }

    private func row(_ index: Int, of history: ExperimentHistory) throws -> View {
        let entry = history.entries[index]
        var remarks: [String] = []
        switch entry.reading.state {
        case .measured: break
        case .interrupted: remarks.append(try words("historyInterrupted"))
        case .notBegun: remarks.append(try words("historyNotBegun"))
        case .failed(let reason):
            let line = Markdown.inline(Markdown.beginning(of: reason, characters: 120, lines: 1))
            remarks.append(try words("historyFailed", ["reason": line]))
        }
        if entry.quick { remarks.append(try words("historyQuick")) }
        remarks += try history.changes.filter { $0.entry == index }.map { change in
            try words(
                "historyFirst",
                [
                    "quantity": try name(of: change.quantity, in: history),
                    "verdict": try words(change.isBetter ? "verdictBetter" : "verdictWorse"),
                ])
        }
        return [
            "number": numbers.integer(index + 1), "run": Markdown.cell(Markdown.code(entry.run)),
            "began": Numbers.date(entry.began), "series": history.series[index].map(letter) ?? "–",
            "limit": try cell(.limit, entry), "throughput": try cell(.throughput, entry), "p95": try cell(.p95, entry),
            "remark": Markdown.cell(remarks.joined(separator: language.marked(";"))),
        ]
    }
}
