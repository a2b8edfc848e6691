import StoreBackends
import StoreServer
import TestSupport
import Testing

/// Exchanges for which no thread of the pool waits.
@Suite(.timed) struct ExchangeTests {
    private let metrics = PoolMetrics()
    private let watch = SocketWatch()
    private let onThreads = Counter()
    private let sent = Counter()
    private let timeouts = Counter()

    /// With all of its connections open.
    private func pool(connections: Int) async throws -> (ConnectionPool<FakeConnection>, [FakeConnection]) {
        let pool = ConnectionPool<FakeConnection>(
            .init(connections: connections, queue: 10), metrics: metrics, watch: watch
        ) { FakeConnection() }
        let gate = Gate()
        let opened = try await withThrowingTaskGroup { group in
            for _ in 0..<connections {
                group.addTask {
                    try await pool.run { connection in
                        gate.pass()
                        return connection
                    }
                }
            }
            try await until { metrics.busy.value == connections }
            gate.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        return (pool, opened)
    }

    /// Two answers are one whole.
    private func ask(_ pool: ConnectionPool<FakeConnection>, answers: Int = 1) async throws -> Int {
        let heard = Counter()
        return try await pool.run(
            { [onThreads] _ in
                onThreads.increment()
                return -1
            },
            exchange: Exchange(
                send: { [sent] _ in
                    sent.increment()
                    return true
                },
                receive: { [timeouts] connection, hasTimedOut in
                    if hasTimedOut {
                        timeouts.increment()
                        throw LeftToThread()
                    }
                    while connection.hear() { heard.increment() }
                    return heard.value < answers ? nil : heard.value
                }))
    }

    @Test func anAnswerIsReadWhenItHasCome() async throws {
        let (pool, connections) = try await pool(connections: 1)
        async let answer = ask(pool, answers: 2)
        try await until { sent.value == 1 }
        #expect(metrics.busy.value == 1)
        connections[0].answer()
        connections[0].answer()
        #expect(try await answer == 2)
        #expect(onThreads.value == 0)
        #expect(metrics.busy.value == 0)
        await pool.close()
        await watch?.close()
    }

    @Test func workOnThreadsAndExchangesTakeTurns() async throws {
        let (pool, connections) = try await pool(connections: 1)
        async let first = ask(pool)
        try await until { sent.value == 1 }
        async let blocking = pool.run { _ in 7 }
        try await until { metrics.waiting.value == 1 }
        async let second = ask(pool)
        try await until { metrics.waiting.value == 2 }
        connections[0].answer()
        #expect(try await first == 1)
        #expect(try await blocking == 7)
        try await until { sent.value == 2 }
        connections[0].answer()
        #expect(try await second == 1)
        #expect(onThreads.value == 0)
        #expect(metrics.waiting.value == 0)
        await pool.close()
        await watch?.close()
    }

    @Test func whatIsNotAnsweredInTimeMayBeLeftToAThread() async throws {
        let (pool, _) = try await pool(connections: 1)
        #expect(try await ask(pool) == -1)
        #expect(timeouts.value == 1)
        #expect(onThreads.value == 1)
        await pool.close()
        await watch?.close()
    }

    @Test func aPoolClosesWhenItsLastExchangeIsAnswered() async throws {
        let (pool, connections) = try await pool(connections: 2)
        async let answer = ask(pool)
        try await until { sent.value == 1 }
        let isClosed = Gauge()
        async let closing: Void = {
            await pool.close()
            isClosed.set(1)
        }()
        try await until { connections.contains(where: \.isClosed) }
        #expect(isClosed.value == 0)
        for connection in connections where !connection.isClosed { connection.answer() }
        #expect(try await answer == 1)
        await closing
        #expect(connections.filter(\.isClosed).count == 2)
        #expect(metrics.open.value == 0)
        await watch?.close()
    }

    @Test func aBrokenConnectionEndsItsExchangeAndIsReplaced() async throws {
        let (pool, connections) = try await pool(connections: 1)
        await #expect(throws: Broken.self) {
            try await pool.run(
                { _ in },
                exchange: Exchange(
                    send: { connection in
                        connection.breakDown(mayRepeat: false)
                        throw Broken()
                    }, receive: { _, _ in nil }))
        }
        #expect(connections[0].isClosed)
        let next = try await pool.run { ObjectIdentifier($0) }
        #expect(next != ObjectIdentifier(connections[0]))
        await pool.close()
        await watch?.close()
    }
}
