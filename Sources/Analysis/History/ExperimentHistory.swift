package import Model

/// An experiment, or one variant of it, over all runs, oldest first. Runs of different machines, stacks or definitions are
/// different series, and no statistic mixes them.
package struct ExperimentHistory: Sendable {
    package var experiment: String
    package var variant: String?
    /// Of the newest run.
    package var title: LocalizedText
    package var entries: [HistoryEntry]
    /// Of each entry the number of its series, from 0 in the order in which they begin; nil where nothing was measured.
    package var series: [Int?]
    package var borders: [Border]
    package var changes: [Change]

    /// Where a series begins after another one.
    package struct Border: Sendable {
        /// Of the first entry of the new series.
        package var entry: Int
        /// Of the last entry that was measured before it.
        package var previous: Int
        package var differences: [RecordDifference]
    }

    /// From which entry on a quantity of a series is another.
    package struct Change: Sendable {
        package var quantity: HistoryQuantity
        package var series: Int
        /// The first entry after the change, and the last one before it, whose values count.
        package var entry: Int
        package var previous: Int
        package var point: ChangePoint
        /// What was set otherwise; empty where the records do not differ.
        package var differences: [RecordDifference]

        /// As a share of what it was; nil where that was 0.
        package var effect: Double? { point.before == 0 ? nil : point.after / point.before - 1 }
        package var isBetter: Bool { (point.after > point.before) == quantity.moreIsBetter }
    }

    /// Histories of all experiments and variants that some runs have, in the order in which these first have them.
    package static func all(of entries: [HistoryEntry]) -> [ExperimentHistory] {
        struct Name: Hashable {
            var experiment: String
            var variant: String?
        }
        let sorted = entries.sorted { ($0.began, $0.run) < ($1.began, $1.run) }
        var names: [Name] = []
        var groups: [Name: [HistoryEntry]] = [:]
        for entry in sorted {
            let name = Name(experiment: entry.experiment, variant: entry.variant)
            if groups[name] == nil { names.append(name) }
            groups[name, default: []].append(entry)
        }
        return names.compactMap { groups[$0].flatMap(ExperimentHistory.init) }
    }

    /// - Parameter entries: of one experiment and variant, oldest first; nil where there is none.
    private init?(_ entries: [HistoryEntry]) {
        guard let newest = entries.last else { return nil }
        (experiment, variant, title) = (newest.experiment, newest.variant, newest.title)
        self.entries = entries
        var known: [HistoryEntry.Series: Int] = [:]
        series = entries.map { entry in
            entry.series.map { key in
                let number = known[key] ?? known.count
                known[key] = number
                return number
            }
        }
        borders = Self.borders(entries, series)
        changes = Self.changes(entries, series)
    }

    /// How many series there are.
    package var seriesCount: Int { (series.compactMap(\.self).max() ?? -1) + 1 }

    /// The entries of a series whose value of a quantity counts.
    package func counted(_ quantity: HistoryQuantity, series number: Int) -> [Int] {
        Self.counted(quantity, number, entries, series)
    }

    private static func counted(
        _ quantity: HistoryQuantity, _ number: Int, _ entries: [HistoryEntry], _ series: [Int?]
    ) -> [Int] {
        entries.indices.filter { series[$0] == number && entries[$0].reading.values[quantity]?.counts == true }
    }

    private static func borders(_ entries: [HistoryEntry], _ series: [Int?]) -> [Border] {
        var borders: [Border] = []
        var previous: Int?
        for (index, number) in series.enumerated() {
            guard let number else { continue }
            if let previous, !series[..<index].contains(number) {
                borders.append(
                    Border(
                        entry: index, previous: previous,
                        differences: entries[index].differences(from: entries[previous])))
            }
            previous = index
        }
        return borders
    }

    private static func changes(_ entries: [HistoryEntry], _ series: [Int?]) -> [Change] {
        let numbers = 0..<((series.compactMap(\.self).max() ?? -1) + 1)
        return HistoryQuantity.allCases.flatMap { quantity in
            numbers.flatMap { number -> [Change] in
                let places = counted(quantity, number, entries, series)
                let values = places.compactMap { entries[$0].reading.values[quantity]?.number }
                return ChangePoint.all(in: values).map { point in
                    let (entry, previous) = (places[point.index], places[point.index - 1])
                    return Change(
                        quantity: quantity, series: number, entry: entry, previous: previous, point: point,
                        differences: entries[entry].differences(from: entries[previous]))
                }
            }
        }
    }
}
