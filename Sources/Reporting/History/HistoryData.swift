import Analysis
package import Model

/// What a history says, as data, without words: limits in users, throughput in answers per second, p95 in seconds.
package struct HistoryData: Codable, Sendable, Equatable {
    package var format = 1
    package var experiments: [Section]
    package var unreadable: [Unreadable]

    package struct Section: Codable, Sendable, Equatable {
        package var name: String
        package var variant: String?
        package var runs: [Row]
        package var borders: [Border]
        package var changes: [Change]
    }

    package struct Row: Codable, Sendable, Equatable {
        package var run: String
        package var began: UnixTime
        package var quick: Bool
        /// A, B, …; nil where nothing was measured.
        package var series: String?
        /// "measured", "interrupted", "failed" or "not begun".
        package var state: String
        package var limit: Value?
        package var throughput: Value?
        /// Of a search that of the worst step that passed at the most users that passed.
        package var p95: Value?
    }

    package struct Value: Codable, Sendable, Equatable {
        package var value: Double
        /// "exact", "atLeast", "atMost" or "doubtful"; only the first counts.
        package var kind: String
    }

    package struct Difference: Codable, Sendable, Equatable {
        package var place: String
        package var before: String?
        package var after: String?
    }

    package struct Border: Codable, Sendable, Equatable {
        package var series: String
        package var run: String
        package var previous: String
        package var differences: [Difference]
    }

    package struct Change: Codable, Sendable, Equatable {
        /// "limit", "throughput" or "p95".
        package var quantity: String
        package var series: String
        package var run: String
        package var previous: String
        package var before: Double
        package var after: Double
        package var probability: Double
        package var better: Bool
        package var differences: [Difference]
    }

    package struct Unreadable: Codable, Sendable, Equatable {
        package var run: String
        package var reason: String?
        package var places: [String]
    }
}

extension HistoryData {
    package init(_ all: RunHistories) {
        unreadable = all.unreadable.map { Unreadable(run: $0.run, reason: $0.reason, places: $0.places) }
        experiments = all.histories.map { history in
            let entries = history.entries
            return Section(
                name: history.experiment, variant: history.variant,
                runs: entries.indices.map { Row(entries[$0], series: history.series[$0]) },
                borders: history.borders.map {
                    Border(
                        series: Self.letter(history.series[$0.entry] ?? 0), run: entries[$0.entry].run,
                        previous: entries[$0.previous].run, differences: $0.differences.map(Difference.init))
                },
                changes: history.changes.map {
                    Change(
                        quantity: $0.quantity.rawValue, series: Self.letter($0.series), run: entries[$0.entry].run,
                        previous: entries[$0.previous].run, before: $0.point.before, after: $0.point.after,
                        probability: $0.point.probability, better: $0.isBetter,
                        differences: $0.differences.map(Difference.init))
                })
        }
    }

    /// Of a series by its number: A, B and so on; after Z, S27.
    static func letter(_ series: Int) -> String {
        series < 26 ? String(UnicodeScalar(UInt8(65 + series))) : "S\(series + 1)"
    }

    /// A row per run of each experiment (RFC 4180), latencies in milliseconds. What does not count as a number says so in the
    /// column beside it.
    package var csv: String {
        let head = [
            "experiment", "variant", "run", "began", "series", "state", "limit", "limit_kind", "requests_per_s",
            "requests_per_s_kind", "p95_ms", "p95_kind", "changed",
        ]
        let rows = experiments.flatMap { section in
            section.runs.map { row in
                let changed = section.changes.filter { $0.run == row.run }.map(\.quantity).joined(separator: " ")
                return [
                    section.name, section.variant ?? "", row.run, Numbers.date(row.began), row.series ?? "", row.state,
                ] + Self.cells(row.limit) + Self.cells(row.throughput) + Self.cells(row.p95, factor: 1000) + [changed]
            }
        }
        return ([head] + rows).map { $0.map(CSV.quoted).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func cells(_ value: Value?, factor: Double = 1) -> [String] {
        [value.map { CSV.number($0.value * factor) } ?? "", value?.kind ?? ""]
    }
}

extension HistoryData.Row {
    fileprivate init(_ entry: HistoryEntry, series number: Int?) {
        (run, began, quick) = (entry.run, entry.began, entry.quick)
        series = number.map(HistoryData.letter)
        state =
            switch entry.reading.state {
            case .measured: "measured"
            case .interrupted: "interrupted"
            case .failed: "failed"
            case .notBegun: "not begun"
            }
        func value(_ quantity: HistoryQuantity) -> HistoryData.Value? {
            entry.reading.values[quantity].map { HistoryData.Value(value: $0.number, kind: $0.kind.rawValue) }
        }
        (limit, throughput, p95) = (value(.limit), value(.throughput), value(.p95))
    }
}

extension HistoryData.Difference {
    fileprivate init(_ difference: RecordDifference) {
        self.init(place: difference.place, before: difference.a, after: difference.b)
    }
}
