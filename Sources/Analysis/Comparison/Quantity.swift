package import Model

/// What two runs are compared by.
package struct Quantity: Sendable, Hashable {
    package enum Kind: Sendable, Hashable, CaseIterable {
        /// Users up to which the application answers correctly.
        case limit
        /// Answers without a fault per second: at most over a search's steps, or on a plateau.
        case throughput
        /// Latency of successes on a plateau.
        case mean, p50, p95
        /// Failed requests as a share of those that ended on a plateau.
        case errorRate
    }

    package var kind: Kind
    /// nil: all steps of a search together.
    package var level: LoadLevel?
    /// Which plateau, where several are at the same level.
    package var occurrence = 0
    package var variant: String?

    package init(_ kind: Kind, level: LoadLevel? = nil, occurrence: Int = 0, variant: String? = nil) {
        self.kind = kind
        self.level = level
        self.occurrence = occurrence
        self.variant = variant
    }

    /// Compared by how many times as large; a share that may be 0 is compared by how much is added.
    package var isRatio: Bool { kind != .errorRate }

    package var moreIsBetter: Bool { kind == .limit || kind == .throughput }
}

/// A quantity of one run with how far it may be off for what the run itself shows.
package struct Figure: Sendable, Equatable {
    package var value: Double
    /// Squared standard error: of the value's logarithm for a ratio, else of the value.
    package var variance: Double
    /// Degrees of freedom of that variance.
    package var freedom: Double
    /// How much it may differ from one run to the next for what the run itself cannot show: see `RunSpread`. A standard
    /// deviation on the same scale.
    package var allowance: Double
    package var bound: Bound

    package enum Bound: Sendable {
        case exact
        /// No step failed, or what failed was the generator.
        case atLeast
        /// No step passed.
        case atMost
    }

    package init(
        _ value: Double, variance: Double, freedom: Double = .infinity, allowance: Double = RunSpread.limit,
        bound: Bound = .exact
    ) {
        self.allowance = allowance
        self.value = value
        self.variance = variance
        self.freedom = freedom
        self.bound = bound
    }
}
