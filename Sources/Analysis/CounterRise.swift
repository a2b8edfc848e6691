package import Model

/// By how much a counter rose, from its values at successive times: the sum of the rises from one to the next. Where it fell,
/// its process began anew, and the counter with it at 0: what it then shows has been counted since.
///
/// This is what `increase()` of Prometheus sums, without the extrapolation to the ends of a range
/// (https://prometheus.io/docs/prometheus/latest/querying/functions/#increase).
package struct CounterRise: Sendable, Equatable {
    /// A fall, between two times at which the counter had a value. What was counted after the last scrape before it is in no
    /// value.
    package struct Reset: Sendable, Equatable {
        package var lastSeen: UnixTime
        package var firstSeen: UnixTime

        package init(lastSeen: UnixTime, firstSeen: UnixTime) {
            self.lastSeen = lastSeen
            self.firstSeen = firstSeen
        }
    }

    package var total: Double
    package var resets: [Reset]

    /// - Parameters:
    ///   - answer: values over a range that begins before the first request. A series of each process, so that a fall of one is
    ///     not hidden by the rise of another.
    ///   - beganAtZero: whether a process, by its labels, counted nothing before the range where it has no value at its
    ///     beginning.
    /// - Returns: nil without any value, or where a series without a first value may have counted before.
    package init?(_ answer: PrometheusAnswer, beganAtZero: ([String: String]) -> Bool) {
        guard case .range(let from, _, let step) = answer.kind else { return nil }
        var (sum, falls, hasValue) = (0.0, [Reset](), false)
        for series in answer.series {
            let points = series.points.compactMap { point in point.value.map { (time: point.time, value: $0) } }
            guard let first = points.first else { continue }
            hasValue = true
            let isThereAtFirst = first.time < from + step / 2
            guard isThereAtFirst || beganAtZero(series.labels) else { return nil }
            sum += isThereAtFirst ? 0 : first.value
            for (before, now) in zip(points, points.dropFirst()) {
                sum += now.value >= before.value ? now.value - before.value : now.value
                if now.value < before.value { falls.append(Reset(lastSeen: before.time, firstSeen: now.time)) }
            }
        }
        guard hasValue else { return nil }
        (total, resets) = (sum, falls)
    }
}

extension Measurement {
    /// The rise of a counter from before the first request to after the last, over all processes.
    /// - Parameter name: of the answer that holds its values.
    package func rise(of name: String) -> CounterRise? {
        guard case .value(let answer) = answer(named: name) else { return nil }
        return CounterRise(answer, beganAtZero: beganAtZero)
    }

    /// What StoreLab starts counts nothing before. What ran already did, unless Prometheus scraped it before the load and
    /// found no such counter.
    func beganAtZero(_ labels: [String: String]) -> Bool {
        guard stackKind == "url" else { return true }
        guard case .value(let scraped) = answer(named: "up_before") else { return false }
        return scraped.series.contains {
            $0.labels["job"] == labels["job"] && $0.labels["instance"] == labels["instance"]
                && $0.points.last?.value == 1
        }
    }
}
