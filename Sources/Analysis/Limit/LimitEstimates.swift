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
        let range = low / 2...max(low, high) * 2
        let criteria = trials.map(\.excesses.count).max() ?? 0
        each = (0..<criteria).map { index in
            let judged = trials.compactMap { trial -> (users: Int, excess: Double)? in
                guard trial.excesses.indices.contains(index), let excess = trial.excesses[index] else { return nil }
                return (trial.users, excess)
            }
            guard judged.contains(where: { $0.excess > -LimitPosterior.cap }) else { return nil }
            return LimitEstimate(of: judged, within: range)
        }
        let lowest = each.compactMap(\.self).min { $0.users < $1.users }
        // Where no criterion was near its threshold the limit lies above all trials.
        first =
            lowest
            ?? LimitEstimate(
                of: trials.compactMap { trial in trial.held.map { (trial.users, $0 ? -1 : 1) } }, within: range)
    }
}
