package import Model

/// What a run tells while it goes on.
package enum ProgressEvent: Sendable, Equatable {
    case runBegan(measurements: Int)
    case measurementBegan(experiment: Experiment, variant: String?, number: Int, of: Int)
    case phaseBegan(Phase)
    case second(LoadStatus)
    case stepEnded(LoadStep)
    case measurementEnded(Outcome)
    case skipped(experiment: Experiment, variant: String?)
    case note(String)
}

/// The load in the second that has just ended.
package struct LoadStatus: Sendable, Equatable {
    package enum Activity: String, Sendable {
        case ramp, settle, hold, drain
    }

    /// Seconds since the load began.
    package var second: Int
    package var activity: Activity
    package var users: Int
    package var targetUsers: Int
    /// Of an open load, which has no users: requests that are to arrive per second.
    package var targetRate: Double?
    /// Requests that ended in this second.
    package var requestsPerSecond: Int
    /// Of this second's successes; nil when there were none.
    package var p95: Seconds?
    package var errorRate: Share

    package init(
        second: Int, activity: Activity, users: Int, targetUsers: Int, targetRate: Double? = nil,
        requestsPerSecond: Int,
        p95: Seconds?, errorRate: Share
    ) {
        self.second = second
        self.activity = activity
        self.users = users
        self.targetUsers = targetUsers
        self.targetRate = targetRate
        self.requestsPerSecond = requestsPerSecond
        self.p95 = p95
        self.errorRate = errorRate
    }
}

extension LoadStatus {
    init(_ sample: SecondSample, activity: Activity, targetUsers: Int, targetRate: Double?) {
        let failed = sample.tasks.reduce(0) { $0 + $1.failed.count }
        let succeeded = Distribution.merged(sample.tasks.map(\.succeeded))
        let ended = succeeded.count + failed
        self.init(
            second: sample.second, activity: activity, users: sample.users, targetUsers: targetUsers,
            targetRate: targetRate,
            requestsPerSecond: ended, p95: succeeded.percentile(95),
            errorRate: ended > 0 ? Double(failed) / Double(ended) : 0)
    }
}
