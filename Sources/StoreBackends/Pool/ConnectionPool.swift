package import NIOCore
import NIOPosix
package import StoreServer
import Synchronization

/// A connection that blocks its thread. One thread uses it at a time.
package protocol PooledConnection: AnyObject, Sendable {
    /// False once it is broken: it is closed and never used again.
    var isUsable: Bool { get }
    /// True where the connection broke and nothing can have been changed, so that the work may be done again.
    var mayRepeat: Bool { get }
    func close()
}

/// The pool has no room for a request.
package struct PoolError: Error, Equatable {
    package enum Reason: String, Sendable {
        case queueFull = "too many requests wait for a connection"
        case waitedTooLong = "no connection became free in time"
        case closed = "the store is shutting down"
    }

    package var reason: Reason

    package init(reason: Reason) {
        self.reason = reason
    }
}

/// A bounded number of connections, each with a thread to block, and a bounded queue before them.
///
/// Whoever waits longer than the limit is turned away at that time, not when a connection becomes free.
package final class ConnectionPool<Connection: PooledConnection>: Sendable {
    package struct Limits: Sendable {
        package var connections: Int
        /// Requests that may wait.
        package var queue: Int
        /// The longest wait.
        package var wait: TimeAmount
        /// After a failed attempt to connect, others fail at once for this long.
        package var reconnectPause: TimeAmount

        package init(
            connections: Int, queue: Int, wait: TimeAmount = .seconds(2),
            reconnectPause: TimeAmount = .milliseconds(100)
        ) {
            self.connections = connections
            self.queue = queue
            self.wait = wait
            self.reconnectPause = reconnectPause
        }
    }

    /// A piece of work. `attempt` does it and says whether it wants another connection to try again.
    struct Job: Sendable {
        let enqueued = NIODeadline.now()
        let attempt: @Sendable (Connection, _ isLast: Bool) -> Bool
        let fail: @Sendable (any Error) -> Void
    }

    private struct State {
        var idle: [Connection] = []
        var workers = 0
        var queue = CircularBuffer<Job>()
        var timerRuns = false
        var closed = false
        var lastFailure: (error: any Error, until: NIODeadline)?
    }

    private let limits: Limits
    private let isCrowded: @Sendable (any Error) -> Bool
    private let connect: @Sendable () throws -> Connection
    private let metrics: PoolMetrics
    private let threads: NIOThreadPool
    private let timer: any EventLoop
    private let state = Mutex(State())

    /// - Parameter isCrowded: says of an error of `connect` that the server takes no more connections; then the work waits
    ///   for one of those that are open.
    package init(
        _ limits: Limits, metrics: PoolMetrics, isCrowded: @escaping @Sendable (any Error) -> Bool = { _ in false },
        connect: @escaping @Sendable () throws -> Connection
    ) {
        self.limits = limits
        self.isCrowded = isCrowded
        self.connect = connect
        self.metrics = metrics
        metrics.size.set(limits.connections)
        threads = NIOThreadPool(numberOfThreads: limits.connections)
        timer = MultiThreadedEventLoopGroup.singleton.next()
        threads.start()
    }

    /// Runs `body` on a thread of the pool with a connection that nobody else has.
    /// - Parameter finish: is called there with what `body` gave and what answers the caller; so work that follows
    ///   needs no other thread.
    package func run<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value,
        finish: @escaping @Sendable (Value, @escaping @Sendable () -> Void) -> Void = { $1() }
    ) async throws -> Value {
        try await withUnsafeThrowingContinuation { continuation in
            submit(
                Job(
                    attempt: { connection, isLast in
                        do {
                            let value = try body(connection)
                            finish(value) { continuation.resume(returning: value) }
                        } catch {
                            if !isLast, !connection.isUsable, connection.mayRepeat { return true }
                            continuation.resume(throwing: error)
                        }
                        return false
                    },
                    fail: { continuation.resume(throwing: $0) }))
        }
    }

    private enum Admission {
        case start, queued(startTimer: Bool), refused(PoolError.Reason)
    }

    /// - Parameter mayBlock: the caller's own thread may do the job, where a connection is free.
    func submit(_ job: Job, mayBlock: Bool = false) {
        let admission = state.withLock { state -> Admission in
            if state.closed { return .refused(.closed) }
            if state.workers < limits.connections {
                state.workers += 1
                return .start
            }
            guard state.queue.count < limits.queue else { return .refused(.queueFull) }
            state.queue.append(job)
            defer { state.timerRuns = true }
            return .queued(startTimer: !state.timerRuns)
        }
        switch admission {
        case .start where mayBlock: workHere(on: job)
        case .start: threads.submit { _ in self.work(on: job) }
        case .queued(let startTimer):
            metrics.waiting.add(1)
            if startTimer { timer.scheduleTask(deadline: job.enqueued + limits.wait) { self.expire() } }
        case .refused(let reason):
            metrics.rejected.increment()
            job.fail(PoolError(reason: reason))
        }
    }

    /// A worker: does the job, then whatever waits, then leaves its connection to the next worker.
    private func work(on first: Job, with held: Connection? = nil) {
        var connection = held ?? state.withLock { $0.idle.popLast() }
        var next: Job? = first
        while let job = next {
            next = finish(job, on: &connection)
        }
    }

    /// As `work`, but what waits is left to the pool's own threads.
    private func workHere(on job: Job) {
        var connection = state.withLock { $0.idle.popLast() }
        guard let next = finish(job, on: &connection) else { return }
        let held = connection
        threads.submit { _ in self.work(on: next, with: held) }
    }

    /// - Returns: the job that waits next; nil when the worker's time is over.
    private func finish(_ job: Job, on connection: inout Connection?) -> Job? {
        metrics.wait.record(nanoseconds: Int((NIODeadline.now() - job.enqueued).nanoseconds))
        metrics.busy.add(1)
        let outcome = perform(job, on: &connection)
        metrics.busy.add(-1)
        return outcome == .leftToOthers ? nil : nextJob(releasing: connection)
    }

    private enum Outcome { case done, leftToOthers }

    private func perform(_ job: Job, on connection: inout Connection?) -> Outcome {
        for isLast in [false, true] {
            let current: Connection
            do {
                current = try connection ?? open()
            } catch {
                if isCrowded(error), leaveToOthers(job) { return .leftToOthers }
                job.fail(error)
                return .done
            }
            connection = current
            let again = job.attempt(current, isLast)
            if !current.isUsable {
                current.close()
                metrics.open.add(-1)
                connection = nil
            }
            if !again { break }
        }
        return .done
    }

    /// Puts a job back for workers that have a connection.
    /// - Returns: false when there is no other worker.
    private func leaveToOthers(_ job: Job) -> Bool {
        let (isLeft, startTimer) = state.withLock { state in
            guard state.workers > 1, !state.closed else { return (false, false) }
            state.workers -= 1
            // The oldest stand in front.
            if let last = state.queue.last, last.enqueued > job.enqueued {
                state.queue.prepend(job)
            } else {
                state.queue.append(job)
            }
            defer { state.timerRuns = true }
            return (true, !state.timerRuns)
        }
        if isLeft { metrics.waiting.add(1) }
        if startTimer { timer.scheduleTask(deadline: job.enqueued + limits.wait) { self.expire() } }
        return isLeft
    }

    private func open() throws -> Connection {
        if let failure = state.withLock({ $0.lastFailure }), NIODeadline.now() < failure.until { throw failure.error }
        do {
            let connection = try connect()
            metrics.open.add(1)
            return connection
        } catch {
            let until = NIODeadline.now() + limits.reconnectPause
            state.withLock { $0.lastFailure = (error, until) }
            throw error
        }
    }

    private func nextJob(releasing connection: Connection?) -> Job? {
        let (job, closing) = state.withLock { state -> (Job?, Bool) in
            if let job = state.queue.popFirst() { return (job, false) }
            state.workers -= 1
            if let connection, !state.closed { state.idle.append(connection) }
            return (nil, state.closed)
        }
        if job != nil { metrics.waiting.add(-1) }
        if closing, let connection { discard([connection]) }
        return job
    }

    /// Turns away who has waited too long. All have the same limit, so the oldest stand in front.
    private func expire() {
        let now = NIODeadline.now()
        var expired: [Job] = []
        let next = state.withLock { state -> NIODeadline? in
            while let job = state.queue.first, job.enqueued + limits.wait <= now {
                expired.append(state.queue.removeFirst())
            }
            state.timerRuns = !state.queue.isEmpty
            return state.queue.first.map { $0.enqueued + limits.wait }
        }
        if let next { timer.scheduleTask(deadline: next) { self.expire() } }
        metrics.waiting.add(-expired.count)
        metrics.rejected.increment(by: expired.count)
        for job in expired { job.fail(PoolError(reason: .waitedTooLong)) }
    }

    private func discard(_ connections: [Connection]) {
        for connection in connections { connection.close() }
        metrics.open.add(-connections.count)
    }

    /// Finishes what is being done, turns away what waits, closes the connections.
    package func close() async {
        let (idle, waiting) = state.withLock { state in
            state.closed = true
            defer {
                state.idle = []
                state.queue.removeAll()
            }
            return (state.idle, Array(state.queue))
        }
        metrics.waiting.add(-waiting.count)
        for job in waiting { job.fail(PoolError(reason: .closed)) }
        discard(idle)
        try? await threads.shutdownGracefully()
    }
}
