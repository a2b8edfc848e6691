import NIOCore
import StoreBackends
import StoreServer
import TestSupport
import Testing

@Suite(.timed) struct PoolTests {
    private let metrics = PoolMetrics()
    private let made = Counter()

    private func pool(_ limits: ConnectionPool<FakeConnection>.Limits) -> ConnectionPool<FakeConnection> {
        ConnectionPool(limits, metrics: metrics) { [made] in
            made.increment()
            return FakeConnection()
        }
    }

    /// The pool may answer a moment before it has the connection back.
    @Test func connectionsAreUsedAgain() async throws {
        let pool = pool(.init(connections: 50, queue: 4))
        for _ in 0..<50 {
            try await pool.run { _ in }
            try await until { metrics.busy.value == 0 }
        }
        #expect(made.value < 10)
        await pool.close()
        #expect(metrics.open.value == 0)
    }

    @Test func thereAreNeverMoreConnectionsThanAllowed() async throws {
        let pool = pool(.init(connections: 3, queue: 1000))
        let busy = Gauge()
        let tooMany = Counter()
        try await withThrowingTaskGroup { group in
            for _ in 0..<200 {
                group.addTask {
                    try await pool.run { _ in
                        busy.add(1)
                        if busy.value > 3 { tooMany.increment() }
                        busy.add(-1)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(made.value <= 3)
        #expect(tooMany.value == 0)
        #expect(metrics.waiting.value == 0)
        await pool.close()
    }

    @Test func whereTheServerTakesNoMoreConnectionsTheOpenOnesServeAll() async throws {
        let pool = ConnectionPool(
            .init(connections: 4, queue: 100, wait: .seconds(60)), metrics: metrics, isCrowded: { $0 is Broken },
            connect: { [made] in
                made.increment()
                if made.value > 1 { throw Broken() }
                return FakeConnection()
            })
        let gate = Gate()
        async let first: Void = pool.run { _ in gate.pass() }
        try await until { metrics.open.value > 0 }
        async let others: Void = withThrowingTaskGroup { group in
            for _ in 0..<20 { group.addTask { try await pool.run { _ in } } }
            try await group.waitForAll()
        }
        try await until { metrics.waiting.value == 20 }
        gate.open()
        try await first
        try await others
        #expect(metrics.open.value == 1)
        #expect(metrics.waiting.value == 0)
        await pool.close()
    }

    @Test func aFullQueueTurnsAway() async throws {
        let pool = pool(.init(connections: 1, queue: 0))
        let gate = Gate()
        async let first: Void = pool.run { _ in gate.pass() }
        try await until { metrics.busy.value > 0 }
        await #expect(throws: PoolError(reason: .queueFull)) { try await pool.run { _ in } }
        gate.open()
        try await first
        #expect(metrics.rejected.value == 1)
        await pool.close()
    }

    @Test func whoWaitsTooLongIsTurnedAwayWhileTheConnectionIsStillBusy() async throws {
        let pool = pool(.init(connections: 1, queue: 10, wait: .milliseconds(1)))
        let gate = Gate()
        async let first: Void = pool.run { _ in gate.pass() }
        try await until { metrics.busy.value > 0 }
        await #expect(throws: PoolError(reason: .waitedTooLong)) { try await pool.run { _ in } }
        #expect(metrics.busy.value == 1)
        gate.open()
        try await first
        await pool.close()
    }

    @Test func aBrokenConnectionIsReplacedAndTheWorkRepeated() async throws {
        let pool = pool(.init(connections: 1, queue: 1))
        let attempts = Counter()
        try await pool.run { connection in
            attempts.increment()
            guard attempts.value > 1 else {
                connection.breakDown(mayRepeat: true)
                throw Broken()
            }
        }
        #expect(attempts.value == 2)
        #expect(made.value == 2)
        #expect(metrics.open.value == 1)
        await pool.close()
    }

    @Test func whatMayHaveBeenDoneIsNotRepeated() async throws {
        let pool = pool(.init(connections: 1, queue: 1))
        let attempts = Counter()
        await #expect(throws: Broken.self) {
            try await pool.run { connection in
                attempts.increment()
                connection.breakDown(mayRepeat: false)
                throw Broken()
            }
        }
        #expect(attempts.value == 1)
        await pool.close()
    }

    @Test func aClosedPoolTurnsAway() async throws {
        let pool = pool(.init(connections: 1, queue: 1))
        let connection = try await pool.run { $0 }
        await pool.close()
        #expect(connection.isClosed)
        await #expect(throws: PoolError(reason: .closed)) { try await pool.run { _ in } }
    }
}
