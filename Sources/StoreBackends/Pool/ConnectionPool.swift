package import NIOCore
import NIOPosix
package import StoreServer
import Synchronization

/// A bounded number of connections, each with a thread to block, and a bounded queue before them.
///
/// Work that is one exchange needs no thread: whoever has the connection sends, and a watch tells of the answer. With a
/// thread to wait for each, an order took a fifth more of the store's CPU.
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

    struct State {
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

    let limits: Limits
    let isCrowded: @Sendable (any Error) -> Bool
    let connect: @Sendable () throws -> Connection
    let metrics: PoolMetrics
    let watch: SocketWatch?
    let threads: NIOThreadPool
    let timer: any EventLoop
    let state = Mutex(State())

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

    /// Ends a job and begins the next.
    /// - Returns: nil when there is none; then the connection is idle.
    func nextJob(releasing connection: Connection?) -> Job? {
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
    func expire() {
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
