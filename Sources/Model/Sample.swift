/// What the load generator saw in one second of the load.
package struct SecondSample: Codable, Sendable, Equatable {
    /// Seconds since the load began; the sample covers `second ..< second + 1`.
    package var second: Int
    /// Users at the end of the second.
    package var users: Int
    /// Requests sent and not yet answered at the end of the second.
    package var inFlight: Int
    /// One per task, in the order of the load's tasks.
    package var tasks: [TaskSecond]

    package init(second: Int, users: Int, inFlight: Int, tasks: [TaskSecond]) {
        self.second = second
        self.users = users
        self.inFlight = inFlight
        self.tasks = tasks
    }
}

/// One task's part of a second. A request counts in the second in which it ended.
package struct TaskSecond: Codable, Sendable, Equatable {
    /// Requests sent in this second.
    package var started: Int
    /// Latencies of the requests that succeeded, from when each was due to its last byte.
    package var succeeded: Distribution
    /// Latencies of the requests that failed.
    package var failed: Distribution
    /// The failed ones by kind.
    package var failures: [FailureKind: Int]

    package init(
        started: Int = 0, succeeded: Distribution = Distribution(), failed: Distribution = Distribution(),
        failures: [FailureKind: Int] = [:]
    ) {
        self.started = started
        self.succeeded = succeeded
        self.failed = failed
        self.failures = failures
    }
}

/// Why a request failed. The set is bounded, so that it can label counts.
package enum FailureKind: Sendable, Hashable {
    /// Nothing listens.
    case refused
    /// The connection was closed or reset before the answer was whole.
    case reset
    /// No whole answer within the time allowed.
    case timeout
    /// The connection could not be made for another reason, for example no local port left.
    case connect
    /// Whole, but with another status than expected.
    case status(Int)
    /// The expected status, but a check on the body failed.
    case check
    /// Not HTTP/1.1.
    case malformed
}

extension FailureKind: RawRepresentable, Codable, CodingKeyRepresentable {
    package init?(rawValue: String) {
        switch rawValue {
        case "refused": self = .refused
        case "reset": self = .reset
        case "timeout": self = .timeout
        case "connect": self = .connect
        case "check": self = .check
        case "malformed": self = .malformed
        default:
            guard rawValue.hasPrefix("status "), let code = Int(rawValue.dropFirst(7)) else { return nil }
            self = .status(code)
        }
    }

    package var rawValue: String {
        switch self {
        case .refused: "refused"
        case .reset: "reset"
        case .timeout: "timeout"
        case .connect: "connect"
        case .check: "check"
        case .malformed: "malformed"
        case .status(let code): "status \(code)"
        }
    }
}

/// One of the first failures of its kind, kept whole enough to be understood.
package struct FailureExample: Codable, Sendable, Equatable {
    package var task: String
    package var kind: FailureKind
    /// Seconds since the load began.
    package var time: Seconds
    /// Latency until the failure.
    package var latency: Seconds
    /// What was wrong, in words: the check that failed, the system's error.
    package var detail: String
    /// Method, path and the beginning of the body.
    package var request: String
    /// The beginning of the answer; empty when there was none.
    package var response: String

    package init(
        task: String, kind: FailureKind, time: Seconds, latency: Seconds, detail: String, request: String,
        response: String
    ) {
        self.task = task
        self.kind = kind
        self.time = time
        self.latency = latency
        self.detail = detail
        self.request = request
        self.response = response
    }
}

/// The answer to one task's single request before the load.
package struct PreflightResult: Codable, Sendable, Equatable {
    package var task: String
    /// nil when the answer was as expected.
    package var failure: FailureExample?
    package var latency: Seconds

    package init(task: String, failure: FailureExample?, latency: Seconds) {
        self.task = task
        self.failure = failure
        self.latency = latency
    }
}

/// How the load generator itself did while it measured.
package struct GeneratorReport: Codable, Sendable, Equatable {
    package var threads: Int
    /// CPU seconds of the generator's threads over the load.
    package var cpuSeconds: Double
    /// Wall-clock seconds of the load.
    package var seconds: Double
    /// The busiest second of any one thread, as a share of a core.
    package var peakThreadCPU: Share
    /// Lag of requests behind their due time over the whole load.
    package var lag: Distribution

    package init(threads: Int, cpuSeconds: Double, seconds: Double, peakThreadCPU: Share, lag: Distribution) {
        self.threads = threads
        self.cpuSeconds = cpuSeconds
        self.seconds = seconds
        self.peakThreadCPU = peakThreadCPU
        self.lag = lag
    }
}
