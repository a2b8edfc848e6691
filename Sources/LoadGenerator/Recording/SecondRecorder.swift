package import Model

/// Counts of one loop in the second under way, per task. Memory does not grow with requests.
package struct SecondRecorder: Sendable {
    private struct Task: Sendable {
        var started = 0
        var succeeded = LatencyHistogram()
        var firstByte = LatencyHistogram(.twoDigits)
        var failed = LatencyHistogram()
        var failures: [FailureKind: Int] = [:]
    }

    private var tasks: [Task]
    private var lag = LatencyHistogram(.twoDigits)
    package private(set) var second = 0
    package private(set) var inFlight = 0
    /// Over the whole load.
    package private(set) var due = 0
    package private(set) var sent = 0
    private var dueBefore = 0
    private var sentBefore = 0

    package init(tasks count: Int) {
        tasks = (0..<count).map { _ in Task() }
    }

    /// The schedule asks for a request.
    package mutating func fallDue() { due += 1 }

    /// - Parameter lag: nanoseconds since the request was due.
    package mutating func start(task: Int, lag nanoseconds: UInt64) {
        tasks[task].started += 1
        sent += 1
        lag.record(nanoseconds: nanoseconds)
        inFlight += 1
    }

    /// - Parameters:
    ///   - latency: nanoseconds from when the request was due to the last byte of its answer.
    ///   - firstByte: nanoseconds from when it was sent to the first.
    package mutating func succeed(task: Int, latency: UInt64, firstByte: UInt64) {
        tasks[task].succeeded.record(nanoseconds: latency)
        tasks[task].firstByte.record(nanoseconds: firstByte)
        inFlight -= 1
    }

    package mutating func fail(task: Int, kind: FailureKind, latency nanoseconds: UInt64) {
        tasks[task].failed.record(nanoseconds: nanoseconds)
        tasks[task].failures[kind, default: 0] += 1
        inFlight -= 1
    }

    /// Ends the second under way and begins the next.
    /// - Parameter loop: nil while the loop is spare.
    package mutating func close(users: Int, loop: LoopSecond?, connections: Int) -> SecondSample {
        var sample = SecondSample(
            second: second, users: users, inFlight: inFlight, tasks: [],
            generator: GeneratorSecond(
                loops: [loop].compactMap(\.self), due: due - dueBefore, sent: sent - sentBefore, waiting: due - sent,
                lag: lag.distribution, connections: connections))
        (dueBefore, sentBefore) = (due, sent)
        lag.reset()
        for index in tasks.indices { sample.tasks.append(Self.close(&tasks[index])) }
        second += 1
        return sample
    }

    private static func close(_ task: inout Task) -> TaskSecond {
        defer {
            task.started = 0
            task.succeeded.reset()
            task.firstByte.reset()
            task.failed.reset()
            task.failures.removeAll(keepingCapacity: true)
        }
        return TaskSecond(
            started: task.started, succeeded: task.succeeded.distribution, failed: task.failed.distribution,
            failures: task.failures, firstByte: task.firstByte.distribution)
    }
}
