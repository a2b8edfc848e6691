package import Model

/// Counts of one loop in the second under way, per task. Memory does not grow with requests.
package struct SecondRecorder: Sendable {
    private struct Task: Sendable {
        var started = 0
        var succeeded = LatencyHistogram()
        var firstByte = LatencyHistogram(.twoDigits)
        var failed = LatencyHistogram()
        var failures: [FailureKind: Int] = [:]
        var failureTimes = FailureClock()
        var succeededEarlier = LatencyHistogram()
        var failedEarlier = LatencyHistogram()
        var open = OpenRequests()
        var reconnects = 0
        var hops = 0
        var compressed: CompressedBodies?
    }

    private static let nanosecondsPerSecond: UInt64 = 1_000_000_000

    private var tasks: [Task]
    /// When the load began, in nanoseconds of the monotonic clock.
    private var origin: UInt64 = 0
    private var lag = LatencyHistogram(.twoDigits)
    package private(set) var second = 0
    package private(set) var inFlight = 0
    /// Over the whole load.
    package private(set) var due = 0
    package private(set) var sent = 0
    private var dueBefore = 0
    private var sentBefore = 0
    private var signs = AnswerSigns()
    private var opened = 0

    package init(tasks count: Int) {
        tasks = (0..<count).map { _ in Task() }
    }

    /// Second 0 begins at `origin`.
    package mutating func begin(at origin: UInt64) { self.origin = origin }

    /// The schedule asks for a request.
    package mutating func fallDue() { due += 1 }

    /// - Parameters:
    ///   - due: when it was, in nanoseconds of the monotonic clock.
    ///   - lag: nanoseconds since then.
    package mutating func start(task: Int, due: UInt64, lag nanoseconds: UInt64) {
        tasks[task].open.begin(due: sinceOrigin(due))
        tasks[task].started += 1
        sent += 1
        lag.record(nanoseconds: nanoseconds)
        inFlight += 1
    }

    /// - Parameters:
    ///   - due: when it was, as at its start.
    ///   - latency: nanoseconds from when the request was due to the last byte of its answer.
    ///   - firstByte: nanoseconds from when it was sent to the first.
    package mutating func succeed(task: Int, due: UInt64, latency: UInt64, firstByte: UInt64) {
        let due = sinceOrigin(due)
        tasks[task].succeeded.record(nanoseconds: latency)
        if isEarlier(due: due, latency: latency) { tasks[task].succeededEarlier.record(nanoseconds: latency) }
        tasks[task].open.end(due: due)
        tasks[task].firstByte.record(nanoseconds: firstByte)
        inFlight -= 1
    }

    /// - Parameter due: when it was, as at its start.
    package mutating func fail(task: Int, kind: FailureKind, due: UInt64, latency nanoseconds: UInt64) {
        let due = sinceOrigin(due)
        tasks[task].failed.record(nanoseconds: nanoseconds)
        if isEarlier(due: due, latency: nanoseconds) { tasks[task].failedEarlier.record(nanoseconds: nanoseconds) }
        tasks[task].open.end(due: due)
        tasks[task].failures[kind, default: 0] += 1
        tasks[task].failureTimes.record(kind, due: due, end: due + nanoseconds)
        inFlight -= 1
    }

    /// Failed answers that are looked at in a second, so that many thousands of them cost no loop its time: a look at a
    /// kibibyte takes three microseconds.
    package static let mostLooks = 1000

    package var mayLook: Bool { signs.looked < Self.mostLooks }

    /// A failed answer was looked at.
    package mutating func look(found: Set<SignKind>) {
        signs.looked += 1
        for sign in found { signs.counts[sign, default: 0] += 1 }
    }

    /// A request is sent again on another connection, because the one that was kept had been closed.
    package mutating func reconnect(task: Int) { tasks[task].reconnects += 1 }

    /// A connection is established.
    package mutating func connect() { opened += 1 }

    /// An answer came compressed.
    package mutating func decode(task: Int, _ body: CompressedBodies) {
        tasks[task].compressed = tasks[task].compressed.map { $0 + body } ?? body
    }

    /// A redirect is followed.
    package mutating func hop(task: Int) { tasks[task].hops += 1 }

    @inline(__always)
    private func sinceOrigin(_ time: UInt64) -> UInt64 { time > origin ? time - origin : 0 }

    /// Whether a request that ends in the second under way was due a second earlier than its latency in whole seconds says.
    /// That latency is the one in the record, whose rounding moves a request by a second where it was due that near to the
    /// end of one.
    @inline(__always)
    private func isEarlier(due: UInt64, latency: UInt64) -> Bool {
        // A latency this far below a second is not rounded to one.
        let whole = latency < 999_000_000 ? 0 : tasks[0].succeeded.kept(nanoseconds: latency) / 1_000_000
        return due + UInt64(whole) * Self.nanosecondsPerSecond < UInt64(second) * Self.nanosecondsPerSecond
    }

    /// Ends the second under way and begins the next.
    /// - Parameters:
    ///   - loop: nil while the loop is spare.
    ///   - end: of a second that is broken off, in nanoseconds of the monotonic clock.
    package mutating func close(
        users: Int, loop: LoopSecond?, connections: Int, at end: UInt64? = nil
    ) -> SecondSample {
        let now = end.map(sinceOrigin) ?? UInt64(second + 1) * Self.nanosecondsPerSecond
        var sample = SecondSample(
            second: second, users: users, inFlight: inFlight, tasks: [],
            generator: GeneratorSecond(
                loops: [loop].compactMap(\.self), due: due - dueBefore, sent: sent - sentBefore, waiting: due - sent,
                lag: lag.distribution, connections: connections, opened: opened),
            signs: signs.looked > 0 ? signs : nil)
        signs = AnswerSigns()
        opened = 0
        (dueBefore, sentBefore) = (due, sent)
        lag.reset()
        for index in tasks.indices { sample.tasks.append(Self.close(&tasks[index], at: now)) }
        second += 1
        return sample
    }

    private static func close(_ task: inout Task, at now: UInt64) -> TaskSecond {
        defer {
            task.started = 0
            task.succeeded.reset()
            task.firstByte.reset()
            task.failed.reset()
            task.failures.removeAll(keepingCapacity: true)
            task.failureTimes.reset()
            task.succeededEarlier.reset()
            task.failedEarlier.reset()
            task.reconnects = 0
            task.hops = 0
            task.compressed = nil
        }
        return TaskSecond(
            started: task.started, succeeded: task.succeeded.distribution, failed: task.failed.distribution,
            failures: task.failures, firstByte: task.firstByte.distribution,
            due: DueSecond(
                succeededEarlier: task.succeededEarlier.distribution, failedEarlier: task.failedEarlier.distribution,
                open: task.open.ages(at: now)), reconnects: task.reconnects > 0 ? task.reconnects : nil,
            hops: task.hops > 0 ? task.hops : nil, compressed: task.compressed, failureTimes: task.failureTimes.times)
    }
}
