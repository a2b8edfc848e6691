package import Model

/// Where a criterion was met first: the window, the task and the value found there.
package struct CriterionBreach: Sendable, Equatable {
    package var limit: Criterion
    /// nil: all tasks together.
    package var task: String?
    /// A share for error rates, seconds for latencies.
    package var value: Double
    /// Seconds of the load that the window covers.
    package var seconds: Range<Int>

    package init(limit: Criterion, task: String?, value: Double, seconds: Range<Int>) {
        self.limit = limit
        self.task = task
        self.value = value
        self.seconds = seconds
    }
}

/// Successes that a window needs before a latency criterion is judged in it.
package let latencyCriterionMinimum = 20

/// Where on a plateau one of the criteria is met first, for one task or for all tasks together.
///
/// A criterion is met when, over some window of `limit.window` consecutive seconds, its metric is above its threshold.
/// - A plateau shorter than the window is one window.
/// - A window without one completed request, while requests were in flight in all its seconds, has an error rate of 100 %
///   (for all tasks together).
/// - Latency criteria are judged in windows with at least `latencyCriterionMinimum` successes of the task. Where no window of
///   the plateau has so many, the whole plateau is one window; with fewer successes even there, the criterion is met only
///   when there are three or more and most of them are above it.
///
/// Of several that end in the same second, that of the earlier criterion is given, and all tasks together before one task.
/// - Parameters:
///   - samples: of the plateau only, in order.
///   - taskNames: in the order of the samples' tasks.
package func firstBreach(of limits: [Criterion], in samples: [SecondSample], taskNames: [String]) -> CriterionBreach? {
    var first: CriterionBreach?
    for limit in limits {
        for scope in [nil] + taskNames.indices.map(Optional.some) {
            let series = WindowSeries(limit: limit, scope: scope, samples: samples)
            guard let window = series.firstBreach() else { continue }
            let seconds = samples[window.lowerBound].second..<samples[window.upperBound - 1].second + 1
            if let first, first.seconds.upperBound <= seconds.upperBound { continue }
            first = CriterionBreach(
                limit: limit, task: scope.map { taskNames[$0] }, value: series.value(of: window), seconds: seconds)
        }
    }
    return first
}

/// One limit held against one task, or all, second by second. Sliding sums decide; nothing is merged until it breaks.
private struct WindowSeries {
    struct Sums {
        var succeeded = 0
        var failed = 0
        /// Successes above the threshold, of a percentile's limit.
        var above = 0
        /// Sum of the successes' latencies, of a mean's limit. Whole numbers: what was added is subtracted exactly,
        /// and what a damaged record gives too large wraps around.
        var microseconds = 0
        /// Seconds that ended with requests in flight.
        var busy = 0

        static func += (sums: inout Sums, other: Sums) {
            sums.succeeded += other.succeeded
            sums.failed += other.failed
            sums.above += other.above
            sums.microseconds &+= other.microseconds
            sums.busy += other.busy
        }

        static func -= (sums: inout Sums, other: Sums) {
            sums.succeeded -= other.succeeded
            sums.failed -= other.failed
            sums.above -= other.above
            sums.microseconds &-= other.microseconds
            sums.busy -= other.busy
        }
    }

    let limit: Criterion
    let scope: Int?
    let samples: [SecondSample]
    let seconds: [Sums]

    init(limit: Criterion, scope: Int?, samples: [SecondSample]) {
        self.limit = limit
        self.scope = scope
        self.samples = samples
        seconds = samples.map { Self.sums(of: $0, scope: scope, limit: limit) }
    }

    private static func sums(of sample: SecondSample, scope: Int?, limit: Criterion) -> Sums {
        var sums = Sums()
        sums.busy = sample.inFlight > 0 ? 1 : 0
        for (index, task) in sample.tasks.enumerated() where scope == nil || scope == index {
            sums.succeeded += task.succeeded.count
            sums.failed += task.failed.count
            switch limit.metric {
            case .errorRate: break
            case .mean:
                for bucket in task.succeeded.buckets {
                    sums.microseconds &+= bucket.microseconds &* bucket.count
                }
            case .p50, .p90, .p95, .p99:
                for bucket in task.succeeded.buckets.reversed() {
                    guard Double(bucket.microseconds) / 1_000_000 > limit.threshold else { break }
                    sums.above += bucket.count
                }
            }
        }
        return sums
    }

    /// Indices into the samples.
    func firstBreach() -> Range<Int>? {
        guard !samples.isEmpty else { return nil }
        let length = min(samples.count, max(1, Int(min(limit.window, 1e9).rounded(.up))))
        var anyJudged = false
        var total = sum(of: 0..<length)
        for start in 0...(samples.count - length) {
            let window = start..<start + length
            if start > 0 {
                total -= seconds[start - 1]
                total += seconds[window.upperBound - 1]
            }
            if limit.metric == .errorRate {
                if isErrorBreach(total, length: length) { return window }
            } else if total.succeeded >= latencyCriterionMinimum {
                anyJudged = true
                if isLatencyBreach(total) { return window }
            }
        }
        guard limit.metric != .errorRate, !anyJudged else { return nil }
        let whole = sum(of: samples.indices)
        if whole.succeeded >= latencyCriterionMinimum { return isLatencyBreach(whole) ? samples.indices : nil }
        guard whole.succeeded >= 3 else { return nil }
        let most = limit.metric == .mean ? isLatencyBreach(whole) : whole.above * 2 > whole.succeeded
        return most ? samples.indices : nil
    }

    private func sum(of window: Range<Int>) -> Sums {
        seconds[window].reduce(into: Sums()) { $0 += $1 }
    }

    private func isErrorBreach(_ total: Sums, length: Int) -> Bool {
        let ended = total.succeeded + total.failed
        guard ended > 0 else { return scope == nil && total.busy == length && limit.threshold < 1 }
        return Double(total.failed) / Double(ended) > limit.threshold
    }

    /// A percentile is above the threshold exactly when fewer values than its rank are at or below it.
    private func isLatencyBreach(_ total: Sums) -> Bool {
        guard let percentile = limit.metric.percentile else {
            return Double(total.microseconds) / Double(total.succeeded) / 1_000_000 > limit.threshold
        }
        let rank = max(1, Int((percentile / 100 * Double(total.succeeded)).rounded(.up)))
        return total.succeeded - total.above < rank
    }

    func value(of window: Range<Int>) -> Double {
        let total = sum(of: window)
        if limit.metric == .errorRate {
            let ended = total.succeeded + total.failed
            return ended == 0 ? 1 : Double(total.failed) / Double(ended)
        }
        let merged = Distribution.merged(
            samples[window].flatMap { sample in
                sample.tasks.enumerated().filter { scope == nil || scope == $0.offset }.map(\.element.succeeded)
            })
        return limit.metric.percentile.map { merged.percentile($0) ?? 0 } ?? merged.mean ?? 0
    }
}
