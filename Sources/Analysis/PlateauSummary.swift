package import Model

/// What a plateau showed, per task and in all. Nothing of the ramp is in it.
package struct PlateauSummary: Sendable, Equatable {
    package var users: Int
    /// Length of the plateau in whole seconds.
    package var seconds: Int
    /// In the order of the load's tasks.
    package var tasks: [RequestSummary]
    package var all: RequestSummary

    /// - Parameter samples: of the plateau only.
    /// - Returns: nil when there is no sample.
    package init?(users: Int, samples: [SecondSample], taskNames: [String]) {
        guard !samples.isEmpty else { return nil }
        self.users = users
        seconds = samples.count
        let parts = taskNames.indices.map { index in
            samples.compactMap { $0.tasks.indices.contains(index) ? $0.tasks[index] : nil }
        }
        tasks = zip(taskNames, parts).map { RequestSummary(task: $0, seconds: samples.count, parts: $1) }
        all = RequestSummary(task: nil, seconds: samples.count, parts: parts.flatMap(\.self))
    }
}

/// Requests that ended on a plateau. Latencies of successes and of failures are kept apart.
package struct RequestSummary: Sendable, Equatable {
    /// nil: all tasks together.
    package var task: String?
    package var seconds: Int
    package var succeeded: LatencySummary
    package var failed: LatencySummary
    /// From when each of those that succeeded was sent to the first byte of its answer; in a record to about 3 %.
    package var firstByte: LatencySummary
    /// Most frequent first.
    package var failures: [FailureCount]

    init(task: String?, seconds: Int, parts: [TaskSecond]) {
        self.task = task
        self.seconds = seconds
        succeeded = LatencySummary(of: .merged(parts.map(\.succeeded)))
        failed = LatencySummary(of: .merged(parts.map(\.failed)))
        firstByte = LatencySummary(of: .merged(parts.map(\.firstByte)))
        failures = FailureCount.summed(parts.map(\.failures))
    }

    /// Requests that ended, with success or without.
    package var requests: Int { succeeded.count + failed.count }
    /// Requests that ended per second.
    package var rate: Double { seconds > 0 ? Double(requests) / Double(seconds) : 0 }
    /// Failed requests as a share of those that ended; nil when none ended.
    package var errorRate: Share? { requests > 0 ? Double(failed.count) / Double(requests) : nil }
    /// Mean latency of all that ended, in seconds.
    package var meanLatency: Seconds? {
        guard requests > 0 else { return nil }
        let total =
            (succeeded.mean ?? 0) * Double(succeeded.count) + (failed.mean ?? 0) * Double(failed.count)
        return total / Double(requests)
    }
}

/// Latencies in seconds; nil when nothing was recorded.
package struct LatencySummary: Sendable, Equatable {
    package var count: Int
    package var mean: Seconds?
    package var p50: Seconds?
    package var p90: Seconds?
    package var p95: Seconds?
    package var p99: Seconds?
    package var p999: Seconds?
    package var maximum: Seconds?

    package init(of distribution: Distribution) {
        count = distribution.count
        mean = distribution.mean
        p50 = distribution.percentile(50)
        p90 = distribution.percentile(90)
        p95 = distribution.percentile(95)
        p99 = distribution.percentile(99)
        p999 = distribution.percentile(99.9)
        maximum = distribution.maximum
    }
}

package struct FailureCount: Sendable, Equatable {
    package var kind: FailureKind
    package var count: Int

    package init(kind: FailureKind, count: Int) {
        self.kind = kind
        self.count = count
    }

    /// Most frequent first; of the same number, by name.
    package static func summed(_ parts: some Sequence<[FailureKind: Int]>) -> [FailureCount] {
        var counts: [FailureKind: Int] = [:]
        for part in parts { counts.merge(part, uniquingKeysWith: +) }
        return counts.filter { $0.value > 0 }.map { FailureCount(kind: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.kind.rawValue) < ($0.count, $1.kind.rawValue) }
    }
}

extension RecordedMeasurement {
    /// The samples that count for a step's answer.
    package func plateau(of step: LoadStep) -> [SecondSample] {
        samples.filter { step.plateauBegan <= $0.second && $0.second < step.plateauEnded }
    }
}
