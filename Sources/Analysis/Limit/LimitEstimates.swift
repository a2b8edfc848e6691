/// The limit of each criterion out of the same trials.
package struct LimitEstimates: Sendable, Equatable {
    /// In the order of the criteria; nil where none of the trials met the criterion or came near it.
    package let each: [LimitEstimate?]
    /// Of the criterion whose limit is the lowest: the limit of all together.
    package let first: LimitEstimate?

    /// - Parameters:
    ///   - way: the steps before the trials.
    ///   - most: users that the search may go up to.
    package init(of trials: [LimitTrial], way: LimitBracket, to most: Int) {
        let low = Double(way.passed?.users ?? 1)
        let high = Double(way.failed?.users ?? most)
        // The way is made of short plateaus, which err by less than a factor of two.
        self.init(trials, users: trials.map { Double($0.users) }, within: low / 2...max(low, high) * 2)
    }

    /// As on a machine of speed 1: each trial counts as one with as many fewer users as its machine was faster.
    /// - Returns: nil where a speed is missing, or without trials.
    package init?(atCommonSpeed trials: [LimitTrial]) {
        let users = trials.compactMap { trial in trial.speed.map { Double(trial.users) / $0 } }
        guard let least = users.min(), let most = users.max(), users.count == trials.count, least > 0 else {
            return nil
        }
        self.init(trials, users: users, within: least / 4...most * 4)
    }

    /// - Parameter users: of each trial.
    private init(_ trials: [LimitTrial], users: [Double], within range: ClosedRange<Double>) {
        let criteria = trials.map(\.excesses.count).max() ?? 0
        each = (0..<criteria).map { index in
            let judged = zip(trials, users).compactMap { trial, users -> (users: Double, excess: Double)? in
                guard trial.excesses.indices.contains(index), let excess = trial.excesses[index] else { return nil }
                return (users, excess)
            }
            guard judged.contains(where: { $0.excess > -LimitPosterior.below }) else { return nil }
            let growth = trials.lazy.compactMap { $0.growths.indices.contains(index) ? $0.growths[index] : nil }.first
            return LimitEstimate(of: judged, growth: growth ?? LimitPosterior.latencyGrowth, within: range)
        }
        let outcomes = zip(trials, users).compactMap { trial, users in
            trial.held.map { (users: users, excess: $0 ? -1.0 : Double.infinity) }
        }
        // Where no criterion was near its threshold the limit lies above all trials.
        first = each.compactMap(\.self).min { $0.users < $1.users } ?? LimitEstimate(of: outcomes, within: range)
    }
}
