import NIOCore
import NIOPosix
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

    private struct Delivery {
        var changes: [MirrorChange]
        var ticket: Ticket
        var finished: @Sendable () -> Void
    }

    private static let deliveriesPerExchange = 256
    /// Younger changes are sent again over a new connection where the old one was found dead.
    private static let retryAge = 500

    let state: MirrorState
    private let pool: ConnectionPool<RedisConnection>
    private let metrics: MirrorMetrics
    private let queue = Mutex((waiting: [Delivery](), runs: false))

    init(pool: ConnectionPool<RedisConnection>, metrics: MirrorMetrics) {
        self.pool = pool
        self.metrics = metrics
        state = MirrorState(metrics: metrics)
    }

    /// To be asked for before the transaction. nil when changes are left to the keeper.
    func ticket() -> Ticket? {
        state.generation.map { Ticket(generation: $0, born: MonotonicClock.milliseconds()) }
    }

    /// Sends changes from the caller's thread, which may block, together with those that others hand over meanwhile; where
    /// somebody sends already, they go with the next exchange.
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
        if start { submit() }
    }

    /// Changes that the keeper has to bring: until then the mirror is behind.
    func leave(_ count: Int) {
        metrics.left.increment(by: count)
        state.fallBehind()
    }

    private func submit() {
        pool.submit(
            ConnectionPool.Job(
                attempt: { connection, isLast in self.attempt(on: connection, isLast: isLast) },
                fail: { _ in
                    self.state.loseRedis()
                    self.giveUp(self.take(all: true))
                }), mayBlock: true)
    }

    private func attempt(on connection: RedisConnection, isLast: Bool) -> Bool {
        while true {
            let deliveries = take(all: false)
            guard let first = deliveries.first else { return false }
            // One exchange serves one generation; there are two only at the moment of a change.
            let generation = first.ticket.generation
            let (now, others) = (
                deliveries.filter { $0.ticket.generation == generation },
                deliveries.filter { $0.ticket.generation != generation }
            )
            giveUp(others)
            let born = now.map(\.ticket.born).min() ?? 0
            do {
                try connection.apply(now.flatMap(\.changes), generation: generation, born: born)
                for delivery in now { delivery.finished() }
            } catch {
                if !isLast, !connection.isUsable, MonotonicClock.milliseconds() - born < Self.retryAge {
                    queue.withLock { $0.waiting.insert(contentsOf: now, at: 0) }
                    return true
                }
                if !connection.isUsable { state.loseRedis() }
                giveUp(now)
                if !connection.isUsable {
                    giveUp(take(all: true))
                    return false
                }
            }
        }
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
