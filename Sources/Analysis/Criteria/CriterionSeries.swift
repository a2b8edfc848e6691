import Model

/// One criterion held against one task, or all together, second by second.
struct CriterionSeries {
    let criterion: Criterion
    /// nil: all tasks together.
    let scope: Int?
    private let plateau: DuePlateau
    /// Of the seconds before each, so that a window's tally is a difference.
    private let sums: [CriterionTally]
    /// Seconds before each in which no request ended while some were under way.
    private let silent: [Int]

    init(_ criterion: Criterion, scope: Int?, of plateau: DuePlateau, tallies: [[CriterionTally]]) {
        (self.criterion, self.scope, self.plateau) = (criterion, scope, plateau)
        let parts = scope.map { tallies.indices.contains($0) ? [tallies[$0]] : [] } ?? tallies
        var sums = [CriterionTally()]
        var silent = [0]
        for place in plateau.samples.indices {
            sums.append(parts.reduce(sums[place]) { $0 + $1[place] })
            let sample = plateau.samples[place]
            let isSilent =
                sample.inFlight > 0 && sample.tasks.allSatisfy { $0.succeeded.count + $0.failed.count == 0 }
            silent.append(silent[place] + (isSilent ? 1 : 0))
        }
        (self.sums, self.silent) = (sums, silent)
    }

    /// Places of samples, in order. A plateau shorter than the criterion's window is one window.
    var windows: [Range<Int>] {
        let count = plateau.samples.count
        guard count > 0 else { return [] }
        let length = min(count, max(1, Int(min(criterion.window, 1e9).rounded(.up))))
        return (0...count - length).map { $0..<$0 + length }
    }

    func tally(_ window: Range<Int>) -> CriterionTally { sums[window.upperBound] - sums[window.lowerBound] }

    /// Whether nothing was answered in the window while requests were under way, in which case all count as failed.
    func isSilent(_ window: Range<Int>) -> Bool {
        criterion.metric == .errorRate && scope == nil
            && silent[window.upperBound] - silent[window.lowerBound] == window.count
    }

    func hasEnough(_ window: Range<Int>) -> Bool {
        tally(window).judged >= criterion.neededRequests || isSilent(window)
    }

    func isMet(_ window: Range<Int>) -> Bool {
        if isSilent(window) { return criterion.threshold < 1 }
        let tally = tally(window)
        guard tally.judged > 0 else { return false }
        switch criterion.metric {
        case .errorRate: return Double(tally.above) / Double(tally.judged) > criterion.threshold
        case .mean: return mean(tally) > criterion.threshold
        case .p50, .p90, .p95, .p99: return isAbove(tally.above, of: tally.judged)
        }
    }

    /// Whether a window with too few requests is above the threshold by more than chance.
    /// - Parameter level: how often it may be said wrongly.
    func isSignificantlyMet(_ window: Range<Int>, level: Double) -> Bool {
        let tally = tally(window)
        let share = criterion.allowedShare
        guard Double(tally.above) > share * Double(tally.judged), isMet(window) else { return false }
        return BinomialTest.chance(of: tally.above, orMoreOf: tally.judged, share: share) < level
    }

    /// The metric over the window: a share for error rates, seconds for latencies.
    func value(_ window: Range<Int>) -> Double {
        if isSilent(window) { return 1 }
        let tally = tally(window)
        guard tally.judged > 0 else { return 0 }
        switch criterion.metric {
        case .errorRate: return Double(tally.above) / Double(tally.judged)
        case .mean: return mean(tally)
        case .p50, .p90, .p95, .p99:
            let latencies = requests(window).flatMap { requests in
                [
                    requests.succeeded, requests.failed.above(criterion.threshold),
                    requests.open.above(criterion.threshold),
                ]
            }
            return criterion.metric.percentile.flatMap { Distribution.merged(latencies).percentile($0) } ?? 0
        }
    }

    /// Whether the metric is above a value, which for a percentile is found without merging latencies.
    func exceeds(_ value: Double, _ window: Range<Int>) -> Bool {
        guard criterion.metric.percentile != nil else { return self.value(window) > value }
        let bound = max(value, criterion.threshold)
        let above = requests(window).reduce(0) { count, requests in
            count + requests.succeeded.count(above: value) + requests.failed.count(above: bound)
                + requests.open.count(above: bound)
        }
        return isAbove(above, of: tally(window).judged)
    }

    /// A percentile is above a value exactly when fewer latencies than its rank are at or below it.
    private func isAbove(_ above: Int, of count: Int) -> Bool {
        guard let percentile = criterion.metric.percentile, count > 0 else { return false }
        return count - above < max(1, Int((percentile.nextDown * Double(count) / 100).rounded(.up)))
    }

    private func mean(_ tally: CriterionTally) -> Seconds {
        Double(tally.microseconds) / Double(tally.judged) / 1_000_000
    }

    private func requests(_ window: Range<Int>) -> [DuePlateau.Requests] {
        plateau.tasks.indices.filter { scope == nil || scope == $0 }.flatMap { plateau.tasks[$0].seconds[window] }
    }
}
