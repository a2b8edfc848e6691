package import Model
package import Stacks

/// Makes one row per second out of what the board says; a signal that was not posted lately has no value in it.
package struct SignalSampler: Sendable {
    private var times: [Seconds] = []
    private var values: [SignalBoard.Key: [Double?]] = [:]
    private var counters: [SignalBoard.Key: SignalBoard.Entry] = [:]
    private var limits: [SignalBoard.Key: Double] = [:]
    /// Readings come once a second; those that are older stand for no moment of this row.
    private static let fresh = Duration.milliseconds(1900)

    package init() {}

    package mutating func take(_ board: SignalBoard.State, at time: Seconds, now: ContinuousClock.Instant) {
        times.append(time)
        limits.merge(board.limits) { $1 }
        for (key, entry) in board.entries {
            // A signal that comes late has no values before.
            var row = values[key] ?? Array(repeating: nil, count: times.count - 1)
            row.append(now - entry.time <= Self.fresh ? value(entry, of: key) : overdue(entry, key, now))
            values[key] = row
        }
    }

    /// An answer that has not come yet takes at least as long as it has been waited for: the next question follows the last
    /// answer by a second.
    private func overdue(
        _ entry: SignalBoard.Entry, _ key: SignalBoard.Key, _ now: ContinuousClock.Instant
    ) -> Double? {
        guard [.mysqlAnswer, .redisAnswer, .diskFlush].contains(key.kind) else { return nil }
        return (now - entry.time - .seconds(1)).seconds
    }

    private mutating func value(_ entry: SignalBoard.Entry, of key: SignalBoard.Key) -> Double? {
        switch entry.reading {
        case .value(let value): return value
        case .counter(let count):
            let before = counters.updateValue(entry, forKey: key)
            guard let before, case .counter(let earlier) = before.reading, before.time < entry.time else { return nil }
            // A counter that fell began anew.
            let rate = (count < earlier ? count : count - earlier) / max(0.001, (entry.time - before.time).seconds)
            // A share of the time, read a little before or after the time itself.
            return [.pressureCPU, .pressureIO, .pressureMemory].contains(key.kind) ? min(1, rate) : rate
        }
    }

    /// - Parameter expected: components of which something ought to have been said.
    package func record(expected: [String]) -> SignalRecord {
        let series = values.map { key, values in
            SignalSeries(
                kind: key.kind, component: key.component, limit: limits[key],
                values: values.map { $0.map(Self.rounded) })
        }
        .sorted { ($0.component, $0.kind.rawValue) < ($1.component, $1.kind.rawValue) }
        let seen = Set(series.map(\.component))
        return SignalRecord(
            times: times.map(Self.rounded), series: series, missing: expected.filter { !seen.contains($0) })
    }

    /// To six digits after the point: microseconds, and short in the record.
    private static func rounded(_ value: Double) -> Double { (value * 1_000_000).rounded() / 1_000_000 }
}
