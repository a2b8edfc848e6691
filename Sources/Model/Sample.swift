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
    /// How the generator itself did in this second; nil in records of versions that did not look.
    package var generator: GeneratorSecond?
    /// What failed answers said; nil where none came, and in records of versions that did not look.
    package var signs: AnswerSigns?

    package init(
        second: Int, users: Int, inFlight: Int, tasks: [TaskSecond], generator: GeneratorSecond? = nil,
        signs: AnswerSigns? = nil
    ) {
        self.signs = signs
        self.second = second
        self.users = users
        self.inFlight = inFlight
        self.tasks = tasks
        self.generator = generator
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
    /// Of those that succeeded, from when each was sent to the first byte of its answer, to two digits; in records to about
    /// 3 %, and empty in those of versions that did not look.
    package var firstByte: Distribution
    /// When the requests were due; nil in records of versions that did not look.
    package var due: DueSecond?
    /// Requests that were sent again on a fresh connection, because the target had closed the kept one; nil for none.
    package var reconnects: Int?
    /// Redirects that were followed, each a request of its own within one of the task's; nil for none.
    package var hops: Int?
    /// Bodies of answers that came compressed and were decoded; nil where none did.
    package var compressed: CompressedBodies?
    /// When the failed ones were due and failed; nil where none did, and in records of versions that did not look.
    package var failureTimes: FailureTimes?

    package init(
        started: Int = 0, succeeded: Distribution = Distribution(), failed: Distribution = Distribution(),
        failures: [FailureKind: Int] = [:], firstByte: Distribution = Distribution(), due: DueSecond? = nil,
        reconnects: Int? = nil, hops: Int? = nil,
        compressed: CompressedBodies? = nil, failureTimes: FailureTimes? = nil
    ) {
        self.started = started
        self.succeeded = succeeded
        self.failed = failed
        self.failures = failures
        self.firstByte = firstByte
        self.due = due
        self.reconnects = reconnects
        self.hops = hops
        self.compressed = compressed
        self.failureTimes = failureTimes
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        started = try values.decode(Int.self, forKey: .started)
        succeeded = try values.decode(Distribution.self, forKey: .succeeded)
        failed = try values.decode(Distribution.self, forKey: .failed)
        failures = try values.decode([FailureKind: Int].self, forKey: .failures)
        firstByte = try values.decodeIfPresent(Distribution.self, forKey: .firstByte) ?? Distribution()
        due = try values.decodeIfPresent(DueSecond.self, forKey: .due)
        reconnects = try values.decodeIfPresent(Int.self, forKey: .reconnects)
        hops = try values.decodeIfPresent(Int.self, forKey: .hops)
        compressed = try values.decodeIfPresent(CompressedBodies.self, forKey: .compressed)
        failureTimes = try values.decodeIfPresent(FailureTimes.self, forKey: .failureTimes)
    }
}

/// Sizes of bodies, in bytes over all of them.
package struct CompressedBodies: Codable, Sendable, Equatable {
    package var answers: Int
    /// As they came, without the transfer coding.
    package var wire: Int
    package var decoded: Int

    package init(answers: Int, wire: Int, decoded: Int) {
        self.answers = answers
        self.wire = wire
        self.decoded = decoded
    }

    package static func + (one: CompressedBodies, other: CompressedBodies) -> CompressedBodies {
        CompressedBodies(
            answers: one.answers + other.answers, wire: one.wire + other.wire, decoded: one.decoded + other.decoded)
    }
}
