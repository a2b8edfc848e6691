package import NIOCore
import NIOPosix
package import StoreServer
import Synchronization

/// A bounded number of connections, each with a thread to block, and a bounded queue before them.
///
/// Work that is one exchange needs no thread: whoever has the connection sends, and a watch tells of the answer. A thread
/// for each exchange and connection would cost a store under load a third of its orders.
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

    private struct State {
        var idle: [Connection] = []
        var workers = 0
        var queue = CircularBuffer<Job>()
        var timerRuns = false
        var closed = false
        /// They wait for the last job's end.
        var drained: [UnsafeContinuation<Void, Never>] = []
        var lastFailure: (error: any Error, until: NIODeadline)?

        mutating func takeDrained() -> [UnsafeContinuation<Void, Never>] {
            guard closed, workers == 0 else { return [] }
            defer { drained = [] }
            return drained
        }
    }

    private let limits: Limits
    private let isCrowded: @Sendable (any Error) -> Bool
    private let connect: @Sendable () throws -> Connection
    private let metrics: PoolMetrics
    private let watch: SocketWatch?
    private let threads: NIOThreadPool
    private let timer: any EventLoop
    private let state = Mutex(State())

    /// - Parameters:
    ///   - watch: tells of answers; without one all work is done on threads.
    ///   - isCrowded: says of an error of `connect` that the server takes no more connections; then the work waits
    ///     for one of those that are open.
    package init(
        _ limits: Limits, metrics: PoolMetrics, watch: SocketWatch? = nil,
        isCrowded: @escaping @Sendable (any Error) -> Bool = { _ in false },
        connect: @escaping @Sendable () throws -> Connection
    ) {
        self.watch = watch
        self.limits = limits
        self.isCrowded = isCrowded
        self.connect = connect
        self.metrics = metrics
        metrics.size.set(limits.connections)
        threads = NIOThreadPool(numberOfThreads: limits.connections)
        timer = MultiThreadedEventLoopGroup.singleton.next()
        threads.start()
    }

    private enum Admission {
        case start(Connection?), queued(startTimer: Bool), refused(PoolError.Reason)
    }

    func submit(_ job: Job) {
        let admission = state.withLock { state -> Admission in
            if state.closed { return .refused(.closed) }
            if state.workers < limits.connections {
                state.workers += 1
                return .start(state.idle.popLast())
            }
            guard state.queue.count < limits.queue else { return .refused(.queueFull) }
            state.queue.append(job)
            defer { state.timerRuns = true }
            return .queued(startTimer: !state.timerRuns)
        }
        switch admission {
        case .start(let connection):
            noteStart(of: job)
            if !exchange(job, with: connection) { threads.submit { _ in self.work(on: job, with: connection) } }
        case .queued(let startTimer):
            metrics.waiting.add(1)
            if startTimer { timer.scheduleTask(deadline: job.enqueued + limits.wait) { self.expire() } }
        case .refused(let reason):
            metrics.rejected.increment()
            job.fail(PoolError(reason: reason))
        }
    }

    private func noteStart(of job: Job) {
        metrics.wait.record(nanoseconds: Int((NIODeadline.now() - job.enqueued).nanoseconds))
        metrics.busy.add(1)
    }

    /// Begins a job as an exchange.
    /// - Returns: false where it needs a thread.
    private func exchange(_ job: Job, with connection: Connection?) -> Bool {
        guard watch != nil, let connection, let steps = job.steps else { return false }
        go(on: steps.send(connection), with: job, steps, connection)
        return true
    }

    private func go(on progress: Job.Progress, with job: Job, _ steps: Job.Steps, _ connection: Connection) {
        switch progress {
        case .awaitsAnswer:
            let deadline = NIODeadline.now() + .seconds(Int64(connection.timeoutSeconds))
            let isWatched = watch?.wait(for: connection.socket, until: deadline) { hasTimedOut in
                self.go(on: steps.receive(connection, hasTimedOut), with: job, steps, connection)
            }
            // Without a descriptor for it nobody would ever tell of the answer.
            if isWatched != true { go(on: steps.receive(connection, true), with: job, steps, connection) }
        case .needsThread:
            let held = dropIfBroken(connection)
            threads.submit { _ in self.work(on: job, with: held) }
        case .done(let answer):
            let held = dropIfBroken(connection)
            if let next = nextJob(releasing: held), !exchange(next, with: held) {
                threads.submit { _ in self.work(on: next, with: held) }
            }
            answer()
        }
    }

    /// On a thread, which may block: does the job, and then whatever waits and needs a thread too.
    private func work(on first: Job, with held: Connection?) {
        var connection = held
        var job = first
        while perform(job, on: &connection) == .done {
            guard let next = nextJob(releasing: connection), !exchange(next, with: connection) else { return }
            job = next
        }
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
            connection = dropIfBroken(current)
            if !again { break }
        }
        return .done
    }

    private func dropIfBroken(_ connection: Connection) -> Connection? {
        guard !connection.isUsable else { return connection }
        discard([connection])
        return nil
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
        if isLeft {
            metrics.busy.add(-1)
            metrics.waiting.add(1)
        }
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

    /// Ends a job and begins the next.
    /// - Returns: nil when there is none; then the connection is idle.
    private func nextJob(releasing connection: Connection?) -> Job? {
        metrics.busy.add(-1)
        let (job, closing, drained) = state.withLock { state -> (Job?, Bool, [UnsafeContinuation<Void, Never>]) in
            if let job = state.queue.popFirst() { return (job, false, []) }
            state.workers -= 1
            if let connection, !state.closed { state.idle.append(connection) }
            return (nil, state.closed, state.takeDrained())
        }
        if let job {
            metrics.waiting.add(-1)
            noteStart(of: job)
        }
        if closing, let connection { discard([connection]) }
        for waiter in drained { waiter.resume() }
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
        await withUnsafeContinuation { continuation in
            let isDrained = state.withLock { state in
                if state.workers > 0 { state.drained.append(continuation) }
                return state.workers == 0
            }
            if isDrained { continuation.resume() }
        }
        try? await threads.shutdownGracefully()
    }
}
