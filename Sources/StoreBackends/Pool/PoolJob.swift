import NIOCore

extension ConnectionPool {
    /// A piece of work.
    struct Job: Sendable {
        enum Progress {
            case awaitsAnswer, needsThread
            /// - Parameter answer: is to be called when the connection is free again: the next request comes at once.
            case done(_ answer: @Sendable () -> Void)
        }

        /// The work as an exchange; tried first where there is a connection.
        struct Steps: Sendable {
            let send: @Sendable (Connection) -> Progress
            let receive: @Sendable (Connection, _ hasTimedOut: Bool) -> Progress
        }

        let enqueued = NIODeadline.now()
        var steps: Steps?
        /// Does it, may block, and says whether it wants another connection to try again.
        let attempt: @Sendable (Connection, _ isLast: Bool) -> Bool
        let fail: @Sendable (any Error) -> Void
    }

    /// Runs `body` on a thread of the pool with a connection that nobody else has.
    /// - Parameters:
    ///   - exchange: does the same, mostly, and without a thread.
    ///   - finish: is called with what `body` or `exchange` gave, and what answers the caller; so work that follows needs
    ///     no other thread. It must not block.
    package func run<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value,
        exchange: Exchange<Connection, Value>? = nil,
        finish: @escaping @Sendable (Value, @escaping @Sendable () -> Void) -> Void = { $1() }
    ) async throws -> Value {
        try await withUnsafeThrowingContinuation { continuation in
            submit(
                Job(
                    steps: exchange.map { Self.steps(of: $0, continuation, finish) },
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

    private static func steps<Value: Sendable>(
        of exchange: Exchange<Connection, Value>, _ continuation: UnsafeContinuation<Value, any Error>,
        _ finish: @escaping @Sendable (Value, @escaping @Sendable () -> Void) -> Void
    ) -> Job.Steps {
        @Sendable func step(_ body: () throws -> Job.Progress) -> Job.Progress {
            do {
                return try body()
            } catch is LeftToThread {
                return .needsThread
            } catch {
                return .done { continuation.resume(throwing: error) }
            }
        }
        return Job.Steps(
            send: { connection in step { try exchange.send(connection) ? .awaitsAnswer : .needsThread } },
            receive: { connection, hasTimedOut in
                step {
                    guard let value = try exchange.receive(connection, hasTimedOut) else { return .awaitsAnswer }
                    return .done { finish(value) { continuation.resume(returning: value) } }
                }
            })
    }
}
