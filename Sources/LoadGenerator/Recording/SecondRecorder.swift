package import Model

/// Counts of one loop in the second under way, per task. Memory does not grow with requests.
package struct SecondRecorder: Sendable {
    private struct Task: Sendable {
        var started = 0
        var succeeded = LatencyHistogram()
        var failed = LatencyHistogram()
        var failures: [FailureKind: Int] = [:]
    }

    private var tasks: [Task]
    package private(set) var second = 0
    package private(set) var inFlight = 0

    package init(tasks count: Int) {
        tasks = (0..<count).map { _ in Task() }
    }

    package mutating func start(task: Int) {
        tasks[task].started += 1
        inFlight += 1
    }

    package mutating func succeed(task: Int, latency nanoseconds: UInt64) {
        tasks[task].succeeded.record(nanoseconds: nanoseconds)
        inFlight -= 1
    }

    package mutating func fail(task: Int, kind: FailureKind, latency nanoseconds: UInt64) {
        tasks[task].failed.record(nanoseconds: nanoseconds)
        tasks[task].failures[kind, default: 0] += 1
        inFlight -= 1
    }

    /// Ends the second under way and begins the next.
    package mutating func close(users: Int) -> SecondSample {
        var sample = SecondSample(second: second, users: users, inFlight: inFlight, tasks: [])
        for index in tasks.indices {
            sample.tasks.append(
                TaskSecond(
                    started: tasks[index].started, succeeded: tasks[index].succeeded.distribution,
                    failed: tasks[index].failed.distribution, failures: tasks[index].failures))
            tasks[index].started = 0
            tasks[index].succeeded.reset()
            tasks[index].failed.reset()
            tasks[index].failures.removeAll(keepingCapacity: true)
        }
        second += 1
        return sample
    }
}
