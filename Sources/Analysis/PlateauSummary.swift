package import Model

/// What a plateau showed, per task and in all: of the requests that were due on it. Nothing of the ramp is in it.
package struct PlateauSummary: Sendable, Equatable {
    package var users: Int
    /// Length of the plateau in whole seconds.
    package var seconds: Int
    /// In the order of the load's tasks.
    package var tasks: [RequestSummary]
    package var all: RequestSummary
    /// Requests that ended on the plateau and were due before it: they count nowhere else but in the rate.
    package var before: Int
    /// Requests under way at its end.
    package var open: Int

    /// - Parameter samples: of the plateau only.
    /// - Returns: nil when there is no sample.
    package init?(users: Int, samples: [SecondSample], taskNames: [String]) {
        guard !samples.isEmpty else { return nil }
        self.users = users
        seconds = samples.count
        let plateau = DuePlateau(samples)
        tasks = taskNames.enumerated().map { RequestSummary(task: $1, members: [$0], of: plateau) }
        all = RequestSummary(task: nil, members: Array(taskNames.indices), of: plateau)
        before = plateau.tasks.reduce(0) { $0 + $1.before }
        open = plateau.open
    }
}

/// Requests that were due on a plateau and ended on it. Latencies of successes and of failures are kept apart.
package struct RequestSummary: Sendable, Equatable {
    /// nil: all tasks together.
    package var task: String?
    package var seconds: Int
    package var succeeded: LatencySummary
    package var failed: LatencySummary
    /// From when each of those that succeeded was sent to the first byte of its answer; in a record to about 3 %. Of all that
    /// ended on the plateau.
    package var firstByte: LatencySummary
    /// Most frequent first.
    package var failures: [FailureCount]
    /// Requests that ended on the plateau, those that were due before it too.
    package var ended: Int
    /// Those of them that succeeded.
    package var answered: Int

    /// - Parameter members: of the plateau's tasks.
    init(task: String?, members: [Int], of plateau: DuePlateau) {
        self.task = task
        seconds = plateau.samples.count
        let members = members.filter(plateau.tasks.indices.contains)
        let due = members.flatMap { plateau.tasks[$0].seconds }
        succeeded = LatencySummary(of: .merged(due.map(\.succeeded)))
        failed = LatencySummary(of: .merged(due.map(\.failed)))
        let parts = members.flatMap { member in
            plateau.samples.compactMap { $0.tasks.indices.contains(member) ? $0.tasks[member] : nil }
        }
        firstByte = LatencySummary(of: .merged(parts.map(\.firstByte)))
        failures = FailureCount.summed(members.flatMap(plateau.failures))
        answered = parts.reduce(0) { $0 + $1.succeeded.count }
        ended = parts.reduce(answered) { $0 + $1.failed.count }
    }

    /// Requests that were due on the plateau and ended on it, with success or without.
    package var requests: Int { succeeded.count + failed.count }
    /// Requests that ended per second. What was due before the plateau counts here in the place of what is open at its end:
    /// without it the rate would be too low by the requests under way.
    package var rate: Double { seconds > 0 ? Double(ended) / Double(seconds) : 0 }
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

extension PlateauSummary {
    /// Latencies of one task's successes that were due on the plateau.
    package static func latencies(of task: Int, samples: [SecondSample]) -> Distribution {
        let plateau = DuePlateau(samples)
        guard plateau.tasks.indices.contains(task) else { return Distribution() }
        return .merged(plateau.tasks[task].seconds.map(\.succeeded))
    }
}

extension RecordedMeasurement {
    /// The samples that count for a step's answer.
    package func plateau(of step: LoadStep) -> [SecondSample] {
        samples.filter { step.plateauBegan <= $0.second && $0.second < step.plateauEnded }
    }
}
