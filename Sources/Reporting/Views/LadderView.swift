import Analysis
import Model

/// A search as a ladder: one row per number of users, and how near each of its steps came to the criterion.
extension Writer {
    /// - Parameter most: rows; of a search with more numbers of users, the first is shown and those near the limit.
    /// - Returns: nil where nothing was measured.
    func ladder(_ study: Study, most: Int) -> RangeChart? {
        let metric = study.criteria.first { $0.metric.isLatency }?.metric ?? .p95
        let criterion = study.criteria.first { $0.metric == metric }
        let levels = Dictionary(grouping: study.steps.filter { $0.summary != nil }, by: \.step.users)
        let limit = (study.answer?.passed ?? study.answer?.failed)?.users
        let shown = RangeChart.rungs(of: levels.keys.sorted(), near: limit, most: most)
        guard !shown.isEmpty else { return nil }
        var values = ["metric": metric.rawValue]
        if shown.count < levels.count {
            values["shown"] = plain.integer(shown.count)
            values["all"] = plain.integer(levels.count)
        }
        var ladder = RangeChart(
            title: (try? words("chartLadder", values)) ?? metric.rawValue, unit: "ms",
            labelHead: text("tableUsers"), heads: [text("tablePassed"), text("tableErrors")],
            rows: shown.map { users in
                let steps = levels[users] ?? []
                let passed = steps.count { $0.outcome == .passed }
                return RangeChart.Row(
                    label: plain.integer(users),
                    points: steps.compactMap { step in
                        step.worst(metric).map { RangeChart.Point($0 * 1000, step.passed ? .passed : .failed) }
                    },
                    notes: [
                        ratio(passed, steps.count),
                        steps.compactMap { $0.summary?.all.errorRate }.max().map(plain.percent) ?? "–",
                    ])
            }, noData: text("notMeasured"), numbers: plain)
        if let criterion { ladder.mark = (criterion.threshold * 1000, criterion.text) }
        ladder.legend = (text("ladderPassed"), text("ladderFailed"))
        return ladder
    }

    /// For example `5/6`.
    func ratio(_ part: Int, _ whole: Int) -> String { "\(plain.integer(part))/\(plain.integer(whole))" }
}

extension JudgedStep {
    /// The largest value of a latency over the windows that were judged; of all successes where none was. Seconds.
    func worst(_ metric: CriterionMetric) -> Double? {
        let windows = results.filter { $0.criterion.metric == metric }.compactMap(\.worst?.value)
        guard windows.isEmpty, let succeeded = summary?.all.succeeded else { return windows.max() }
        switch metric {
        case .p50: return succeeded.p50
        case .p90: return succeeded.p90
        case .p95: return succeeded.p95
        case .p99: return succeeded.p99
        case .mean: return succeeded.mean
        case .errorRate: return nil
        }
    }
}
