import Model

/// What the same fault cost each time that it was done: the median, and the least and the most. Of six or more the range holds
/// the true median with 95 % confidence (order statistics: 1 − 2 / 2ⁿ).
package struct RepeatedBill: Sendable, Equatable {
    package struct Spread: Sendable, Equatable {
        package var median: Double
        package var least: Double
        package var most: Double
        /// How often it was known.
        package var count: Int

        /// nil of nothing.
        init?(_ values: [Double?]) {
            let known = values.compactMap(\.self).sorted()
            guard let least = known.first, let most = known.last else { return nil }
            let middle = known.count / 2
            median = known.count.isMultiple(of: 2) ? (known[middle - 1] + known[middle]) / 2 : known[middle]
            (self.least, self.most, count) = (least, most, known.count)
        }
    }

    package var times: Int
    package var lost: Spread?
    package var firstFailure: Spread?
    /// Of the times that it was over within what was seen.
    package var recovery: Spread?
    package var throughputKept: Spread?
    package var addedP50: Spread?
    package var addedP95: Spread?
    package var budgetShare: Spread?

    /// - Returns: nil of fewer than two.
    package init?(_ bills: [FaultBill]) {
        guard bills.count > 1 else { return nil }
        times = bills.count
        lost = Spread(bills.map { Double($0.lost) })
        firstFailure = Spread(bills.map(\.firstFailure))
        recovery = Spread(
            bills.map {
                guard case .after(let seconds) = $0.recovery else { return nil }
                return seconds
            })
        throughputKept = Spread(bills.map(\.throughputKept))
        addedP50 = Spread(bills.map(\.addedP50))
        addedP95 = Spread(bills.map(\.addedP95))
        budgetShare = Spread(bills.map(\.budgetShare))
    }
}
