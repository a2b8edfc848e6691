/// A second of the load, reduced to what is shown of it while the run goes on.
package struct RunSecond: Codable, Sendable, Equatable {
    /// Seconds since the load began.
    package var second: Int
    /// How many seconds it covers: 1, or more where old ones were put together.
    package var span: Int
    package var activity: LoadActivity
    /// At the end of the second.
    package var users: Int
    package var targetUsers: Int
    /// Of an open load, which has no users: requests that are to arrive per second.
    package var targetRate: Double?
    /// Requests sent and not yet answered at the end of the second.
    package var inFlight: Int
    /// All tasks together.
    package var all: Requests
    /// In the order of the load's tasks; empty where old seconds were put together.
    package var tasks: [Requests]
    /// The busiest of the generator's threads, as a share of a core; nil where it was not looked at.
    package var generatorCPU: Share?

    package init(
        second: Int, span: Int = 1, activity: LoadActivity, users: Int, targetUsers: Int, targetRate: Double? = nil,
        inFlight: Int, all: Requests, tasks: [Requests] = [], generatorCPU: Share? = nil
    ) {
        self.second = second
        self.span = span
        self.activity = activity
        self.users = users
        self.targetUsers = targetUsers
        self.targetRate = targetRate
        self.inFlight = inFlight
        self.all = all
        self.tasks = tasks
        self.generatorCPU = generatorCPU
    }

    /// Requests that ended in the second. Latencies are those of its successes; nil where there were none.
    package struct Requests: Codable, Sendable, Equatable {
        package var ended: Int
        /// Those of `ended` that failed, by kind.
        package var failures: [FailureKind: Int]
        package var mean: Seconds?
        package var p50: Seconds?
        package var p90: Seconds?
        package var p95: Seconds?
        package var p99: Seconds?

        package init(
            ended: Int, failures: [FailureKind: Int] = [:], mean: Seconds? = nil, p50: Seconds? = nil,
            p90: Seconds? = nil, p95: Seconds? = nil, p99: Seconds? = nil
        ) {
            self.ended = ended
            self.failures = failures
            self.mean = mean
            self.p50 = p50
            self.p90 = p90
            self.p95 = p95
            self.p99 = p99
        }

        package var failed: Int { failures.values.reduce(0, +) }
        /// Of those that ended; 0 where none did.
        package var errorRate: Share { ended > 0 ? Double(failed) / Double(ended) : 0 }
    }
}

/// What a load does in a second.
package enum LoadActivity: String, Codable, Sendable {
    case ramp, settle, hold, drain
}
