/// What no fault of a load may cost, for example `lost > 10` or `recovery > 5s`: a line of `--fail-if`.
package struct FaultCriterion: Codable, Sendable, Equatable {
    package enum Cost: String, Codable, Sendable, CaseIterable {
        /// Requests.
        case lost
        /// Seconds until all is well again.
        case recovery
    }

    package var cost: Cost
    /// A number of requests, or seconds.
    package var threshold: Double
    /// As the user wrote it.
    package var text: String

    package init(cost: Cost, threshold: Double, text: String) {
        self.cost = cost
        self.threshold = threshold
        self.text = text
    }
}
