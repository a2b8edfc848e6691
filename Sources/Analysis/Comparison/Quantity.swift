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
        /// Cores that a part of the stack used.
        case cpu
        /// CPU time that a part of the stack used per request that ended, in seconds.
        case cpuPerRequest
    }

    package var kind: Kind
    /// nil: all steps of a search together.
    package var level: LoadLevel?
    /// Which plateau, where several are at the same level.
    package var occurrence = 0
    package var variant: String?
    /// Whose CPU: a component's name, replicas together by that of their service, such as `store`; nil for what came out.
    package var part: String?

    package init(
        _ kind: Kind, level: LoadLevel? = nil, occurrence: Int = 0, variant: String? = nil, part: String? = nil
    ) {
        self.part = part
        self.kind = kind
        self.level = level
        self.occurrence = occurrence
        self.variant = variant
    }

    /// Compared by how many times as large; a share that may be 0 is compared by how much is added.
    package var isRatio: Bool { kind != .errorRate }

    package var moreIsBetter: Bool { kind == .limit || kind == .throughput }

    /// What a part used, not what came out.
    package var isResource: Bool { kind == .cpu || kind == .cpuPerRequest }

    /// More of it is neither better nor worse.
    package var isNeutral: Bool { kind == .cpu }
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
    /// Of a part's CPU: what it was given and whether that kept it back; nil for what has no quota or capacity.
    package var quota: Quota?

    package enum Bound: Sendable {
        case exact
        /// No step failed, or what failed was the generator.
        case atLeast
        /// No step passed.
        case atMost
    }

    package struct Quota: Sendable, Equatable {
        /// That are enforced.
        package var cores: Double
        /// Share of the periods of its limit in which it was stopped.
        package var stopped: Share
        /// It was in nearly all.
        package var isHeld: Bool { stopped >= RunSpread.held }
    }

    package init(
        _ value: Double, variance: Double, freedom: Double = .infinity, allowance: Double = RunSpread.limit,
        bound: Bound = .exact, quota: Quota? = nil
    ) {
        self.quota = quota
        self.allowance = allowance
        self.value = value
        self.variance = variance
        self.freedom = freedom
        self.bound = bound
    }
}
