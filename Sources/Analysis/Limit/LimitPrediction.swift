package import Model

/// Predicts the limit from one plateau that failed, so that a search need not halve its way there.
package enum LimitPrediction {
    private static let fewestSuccesses = 20

    /// Users at which the threshold of the criterion is just reached; nil when the plateau does not say.
    ///
    /// A saturated application completes X requests per second however many users there are. Each user fewer shortens the
    /// latency by 1/X (interactive response time law, R = N/X − Z; D. A. Menascé, V. A. F. Almeida, "Capacity Planning for
    /// Web Services", 2002, ch. 3): a latency threshold T is reached at N − X·(R − T), or, where the plateau was too short
    /// for its queue to grow to its length, at X·(Z + T). An application that refuses the excess completes N·(1 − e), and
    /// its error rate E is reached at N·(1 − e)/(1 − E). Where most failures are timeouts, the timeout takes the place of
    /// the threshold.
    package static func users(breach: CriterionBreach, plateau: PlateauSummary, load: LoadDefinition) -> Int? {
        let all = plateau.all
        guard all.seconds > 0, all.answered >= fewestSuccesses else { return nil }
        let users = Double(plateau.users)
        let answered = Double(all.answered) / Double(all.seconds)
        let predicted: Double
        switch breach.criterion.metric {
        case .errorRate:
            guard breach.criterion.threshold < 1 else { return nil }
            let errors = all.errorRate ?? 1
            let late = all.failures.first { $0.kind == .timeout }?.count ?? 0
            predicted =
                2 * late > all.failed.count || errors == 1
                ? answered * (load.thinkTime.mean + load.timeout)
                : users * (1 - errors) / (1 - breach.criterion.threshold)
        case .p50, .p90, .p95, .p99, .mean:
            let threshold = breach.criterion.threshold
            // A backlog may leave no answer to what was due on a short plateau.
            let latency = latency(of: breach.criterion.metric, all.succeeded) ?? .infinity
            let byLaw = answered * (load.thinkTime.mean + 0.9 * threshold)
            let bySlope = users - answered * (latency - threshold)
            predicted = latency <= 2 * threshold || load.thinkTime.mean < threshold ? bySlope : byLaw
        }
        guard predicted >= 1, predicted < 1e9 else { return nil }
        return Int(predicted.rounded())
    }

    private static func latency(of metric: CriterionMetric, _ summary: LatencySummary) -> Seconds? {
        switch metric {
        case .p50: summary.p50
        case .p90: summary.p90
        case .p95: summary.p95
        case .p99: summary.p99
        case .mean: summary.mean
        case .errorRate: nil
        }
    }
}
