import StoreServer
import Synchronization

/// The copy in Redis, as the requests see it: they hand over what they changed, and ask whether reports can be read.
///
/// A change is sent right after its commit, together with all that wait at that moment, so that many orders cost one
/// exchange. It is sent once: whatever goes wrong, it stands in MySQL, and the keeper brings it.
final class Mirror: Sendable {
    /// What was known before a change could be seen by others: the right to send it.
    struct Ticket: Sendable {
        var generation: String
        /// Monotonic milliseconds.
        var born: Int
    }

    private struct Delivery: Sendable {
        var changes: [MirrorChange]
        var ticket: Ticket
        var finished: @Sendable () -> Void
    }

    /// What one exchange brings: it serves one generation.
    private struct Batch: Sendable {
        var deliveries: [Delivery]
        var generation: String
        var changes: [MirrorChange] { deliveries.flatMap(\.changes) }
        /// Of the oldest.
        var born: Int { deliveries.map(\.ticket.born).min() ?? 0 }

        func finish() {
            for delivery in deliveries { delivery.finished() }
        }
    }

    private static let deliveriesPerExchange = 256
    /// Younger changes are sent again over a new connection where the old one was found dead.
    private static let retryAge = 500

    let state: MirrorState
    private let pool: ConnectionPool<RedisConnection>
    private let watch: SocketWatch?
    private let metrics: MirrorMetrics
    private let queue = Mutex((waiting: [Delivery](), runs: false))
    /// What was sent and is not answered yet.
    private let underWay = Mutex<Batch?>(nil)

    init(pool: ConnectionPool<RedisConnection>, metrics: MirrorMetrics, watch: SocketWatch?) {
        self.watch = watch
        self.pool = pool
        self.metrics = metrics
        state = MirrorState(metrics: metrics)
    }

    /// To be asked for before the transaction. nil when changes are left to the keeper.
    func ticket() -> Ticket? {
        state.generation.map { Ticket(generation: $0, born: MonotonicClock.milliseconds()) }
    }

    /// Sends changes; where an exchange is under way, they go with the next one, together with those that others hand over
    /// meanwhile. Does not block.
    /// - Parameter finished: is called when the changes are in the mirror, or are left to the keeper.
    func deliver(_ changes: [MirrorChange], _ ticket: Ticket?, finished: @escaping @Sendable () -> Void) {
        guard !changes.isEmpty else { return finished() }
        guard let ticket else {
            leave(changes.count)
            return finished()
        }
        let start = queue.withLock { queue in
            queue.waiting.append(Delivery(changes: changes, ticket: ticket, finished: finished))
            defer { queue.runs = true }
            return !queue.runs
        }
        if start {
            if let watch { watch.afterThisRound { self.submit() } } else { submit() }
        }
    }

    /// Changes that the keeper has to bring: until then the mirror is behind.
    func leave(_ count: Int) {
        metrics.left.increment(by: count)
        state.fallBehind()
    }

    private func submit() {
        pool.submit(
            ConnectionPool.Job(
                steps: .init(
                    send: { self.send(over: $0) },
                    receive: { self.receive(from: $0, hasTimedOut: $1) }),
                attempt: { self.sendAll(over: $0, isLast: $1) },
                fail: { _ in
                    self.state.loseRedis()
                    self.giveUp(self.take(all: true))
                }))
    }

    /// Sends what waits, and waits for no answer.
    private func send(over connection: RedisConnection) -> ConnectionPool<RedisConnection>.Job.Progress {
        while let batch = nextBatch() {
            do {
                guard
                    try connection.beginToApply(batch.changes, generation: batch.generation, born: batch.born)
                else {
                    putBack(batch)
                    return .needsThread
                }
                underWay.withLock { $0 = batch }
                return .awaitsAnswer
            } catch {
                if failed(batch, on: connection, isLast: false) { return .needsThread }
                guard connection.isUsable else { break }
            }
        }
        return .done {}
    }

    private func receive(
        from connection: RedisConnection, hasTimedOut: Bool
    ) -> ConnectionPool<RedisConnection>.Job.Progress {
        guard let batch = underWay.withLock({ $0 }) else { return send(over: connection) }
        do {
            guard try connection.receiveApplied(hasTimedOut: hasTimedOut) else { return .awaitsAnswer }
            underWay.withLock { $0 = nil }
            batch.finish()
        } catch is LeftToThread {
            underWay.withLock { $0 = nil }
            putBack(batch)
            return .needsThread
        } catch {
            underWay.withLock { $0 = nil }
            if failed(batch, on: connection, isLast: false) { return .needsThread }
            guard connection.isUsable else { return .done {} }
        }
        return send(over: connection)
    }

    /// The same on a thread that may block.
    /// - Returns: whether it is to be tried over another connection.
    private func sendAll(over connection: RedisConnection, isLast: Bool) -> Bool {
        while let batch = nextBatch() {
            do {
                try connection.apply(batch.changes, generation: batch.generation, born: batch.born)
                batch.finish()
            } catch {
                if failed(batch, on: connection, isLast: isLast) { return true }
                guard connection.isUsable else { return false }
            }
        }
        return false
    }

    /// - Returns: whether it is to be sent over another connection; otherwise it is left to the keeper.
    private func failed(_ batch: Batch, on connection: RedisConnection, isLast: Bool) -> Bool {
        if !isLast, !connection.isUsable, MonotonicClock.milliseconds() - batch.born < Self.retryAge {
            putBack(batch)
            return true
        }
        if !connection.isUsable { state.loseRedis() }
        giveUp(batch.deliveries)
        if !connection.isUsable { giveUp(take(all: true)) }
        return false
    }

    private func putBack(_ batch: Batch) {
        queue.withLock { $0.waiting.insert(contentsOf: batch.deliveries, at: 0) }
    }

    /// - Returns: nil where nothing waits, which ends the turn.
    private func nextBatch() -> Batch? {
        let deliveries = take(all: false)
        guard let generation = deliveries.first?.ticket.generation else { return nil }
        // There are two generations only at the moment of a change.
        giveUp(deliveries.filter { $0.ticket.generation != generation })
        return Batch(deliveries: deliveries.filter { $0.ticket.generation == generation }, generation: generation)
    }

    private func giveUp(_ deliveries: [Delivery]) {
        guard !deliveries.isEmpty else { return }
        leave(deliveries.reduce(0) { $0 + $1.changes.count })
        for delivery in deliveries { delivery.finished() }
    }

    /// - Parameter all: also ends the turn.
    private func take(all: Bool) -> [Delivery] {
        queue.withLock { queue in
            let count = all ? queue.waiting.count : min(queue.waiting.count, Self.deliveriesPerExchange)
            let taken = Array(queue.waiting[..<count])
            queue.waiting.removeFirst(count)
            if all || taken.isEmpty { queue.runs = false }
            return taken
        }
    }
}
