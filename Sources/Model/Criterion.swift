/// What must not be met, for example `p95 > 500ms for 5s`: a line of `limits:` in an experiment, of `--limit` or of
/// `--fail-if`. It is met when the metric, over a window of that length on a plateau, is above the threshold, for one
/// task or for all tasks together.
package struct Criterion: Codable, Sendable, Equatable {
    package var metric: CriterionMetric
    /// A share for `errorRate`, seconds for latencies.
    package var threshold: Double
    package var window: Seconds
    /// The text as the user wrote it, for answers to quote.
    package var text: String

    package init(metric: CriterionMetric, threshold: Double, window: Seconds, text: String) {
        self.metric = metric
        self.threshold = threshold
        self.window = window
        self.text = text
    }
}

package enum CriterionMetric: String, Codable, Sendable, CaseIterable {
    /// Failed requests as a share of those that were due in the window and ended.
    case errorRate = "error_rate"
    /// Latencies; of a request that failed or is open, at least as long as it took.
    case p50, p90, p95, p99
    case mean

    /// Whether it is in seconds, so that its threshold is one of latency for charts, timings and verdicts; else it is a share.
    package var isLatency: Bool {
        switch self {
        case .errorRate: false
        case .p50, .p90, .p95, .p99, .mean: true
        }
    }

    /// The percentile, 0 to 100, or nil where the metric is none.
    package var percentile: Double? {
        switch self {
        case .p50: 50
        case .p90: 90
        case .p95: 95
        case .p99: 99
        case .errorRate, .mean: nil
        }
    }
}
