import StoreServer
import Synchronization

/// One read of the database for all requests that wait for the same answer.
///
/// A request joins the next read, never one that has begun: what it gets was read after it came in. So the answer is as
/// fresh as if each had read alone, and a burst costs one read.
package final class SharedRead<Connection: PooledConnection, Value: Sendable>: Sendable {
    private typealias Waiter = UnsafeContinuation<Value, any Error>

    private struct State {
        var waiting: [Waiter] = []
        var runs = false
    }

    /// Reads in a row before the thread is given back to the pool.
    private let turn = 64
    private let pool: ConnectionPool<Connection>
    private let perform: @Sendable (Connection) throws -> Value
    private let state = Mutex(State())

    package init(_ pool: ConnectionPool<Connection>, _ perform: @escaping @Sendable (Connection) throws -> Value) {
        self.pool = pool
        self.perform = perform
    }

    package func value() async throws -> Value {
        try await withUnsafeThrowingContinuation { continuation in
            let start = state.withLock { state in
                state.waiting.append(continuation)
                defer { state.runs = true }
                return !state.runs
            }
            if start { submit() }
        }
    }

    private func submit() {
        pool.submit(
            ConnectionPool.Job(
                attempt: { connection, isLast in self.attempt(on: connection, isLast: isLast) },
                fail: { error in
                    let waiters = self.state.withLock { state in
                        state.runs = false
                        defer { state.waiting = [] }
                        return state.waiting
                    }
                    for waiter in waiters { waiter.resume(throwing: error) }
                }))
    }

    private func attempt(on connection: Connection, isLast: Bool) -> Bool {
        for _ in 0..<turn {
            let waiters = takeWaiters()
            if waiters.isEmpty { return false }
            let result = Result { try perform(connection) }
            if case .failure = result, !isLast, !connection.isUsable {
                state.withLock { $0.waiting.insert(contentsOf: waiters, at: 0) }
                return true
            }
            for waiter in waiters { waiter.resume(with: result) }
            if !connection.isUsable { break }
        }
        submit()
        return false
    }

    /// Empty when nobody waits; the next to come starts anew.
    private func takeWaiters() -> [Waiter] {
        state.withLock { state in
            defer { state.waiting = [] }
            if state.waiting.isEmpty { state.runs = false }
            return state.waiting
        }
    }
}
