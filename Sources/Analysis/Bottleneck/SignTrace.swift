package import Model

/// One sign of one place over the load: of a part's log, of the failed answers, or of what the engine told.
package struct SignTrace: Sendable, Equatable {
    package var kind: SignKind
    package var source: SignSource
    /// nil of answers.
    package var component: String?
    /// By second of the load.
    package var counts: [Int: Int]
    /// Of answers, how many were looked at in each second, and how many came.
    package var looked: [Int: Int]
    package var failed: [Int: Int]
    package var example: String
    /// Where the measurement's files hold it.
    package var place: String

    package init(
        kind: SignKind, source: SignSource, component: String?, counts: [Int: Int], looked: [Int: Int] = [:],
        failed: [Int: Int] = [:], example: String = "", place: String = ""
    ) {
        self.kind = kind
        self.source = source
        self.component = component
        self.counts = counts
        self.looked = looked
        self.failed = failed
        self.example = example
        self.place = place
    }

    /// Lines, answers or events in a stretch of the load.
    package func count(_ seconds: Range<Int>) -> Int { Self.sum(counts, seconds) }

    /// How many failed answers of a stretch were looked at, where that was not all of them; nil where it was.
    package func sample(_ seconds: Range<Int>) -> (looked: Int, failed: Int)? {
        let (looked, failed) = (Self.sum(looked, seconds), Self.sum(failed, seconds))
        return source == .answers && looked < failed ? (looked, failed) : nil
    }

    /// The count, less those of a stretch that were not looked at.
    func estimate(_ seconds: Range<Int>) -> Double {
        guard let sample = sample(seconds), sample.looked > 0 else { return Double(count(seconds)) }
        return Double(count(seconds)) * Double(sample.failed) / Double(sample.looked)
    }

    private static func sum(_ counts: [Int: Int], _ seconds: Range<Int>) -> Int {
        counts.reduce(0) { seconds.contains($1.key) ? $0 + $1.value : $0 }
    }
}

extension RecordedMeasurement {
    /// Whether signs were looked for at all; versions before did not.
    package var looksForSigns: Bool { measurement.signs != nil }

    /// All signs, those of logs and of the engine as they stand in the record, then those of answers.
    package var signs: [SignTrace] {
        let record = measurement.signs ?? SignRecord()
        let series = record.series.enumerated().map { index, series in
            SignTrace(
                kind: series.kind, source: series.source, component: series.component,
                counts: Dictionary(zip(series.seconds, series.counts)) { $0 + $1 }, example: series.example,
                place: "record.json signs.series[\(index)]")
        }
        let seconds = samples.filter { $0.signs != nil }
        let found = Set(seconds.flatMap { $0.signs?.counts.keys.map(\.self) ?? [] })
        guard !found.isEmpty else { return series }
        let looked = Dictionary(seconds.map { ($0.second, $0.signs?.looked ?? 0) }) { $1 }
        let failed = Dictionary(samples.map { ($0.second, $0.answeredFailures) }) { $1 }
        return series
            + found.sorted { $0.rawValue < $1.rawValue }.map { kind in
                SignTrace(
                    kind: kind, source: .answers, component: nil,
                    counts: Dictionary(seconds.map { ($0.second, $0.signs?.counts[kind] ?? 0) }) { $1 }
                        .filter { $0.value > 0 },
                    looked: looked, failed: failed, example: record.answers[kind] ?? "", place: "samples.jsonl signs")
            }
    }
}

extension SecondSample {
    /// Of the requests that failed, those to which an answer came.
    fileprivate var answeredFailures: Int {
        tasks.flatMap { $0.failures.map(\.self) }.reduce(0) { sum, failure in
            switch failure.key {
            case .status, .check, .malformed: sum + failure.value
            default: sum
            }
        }
    }
}
