/// A connection that blocks its thread, or is sent to and read when an answer has come. One thread uses it at a time.
package protocol PooledConnection: AnyObject, Sendable {
    /// False once it is broken: it is closed and never used again.
    var isUsable: Bool { get }
    /// True where the connection broke and nothing can have been changed, so that the work may be done again.
    var mayRepeat: Bool { get }
    /// The descriptor whose being readable tells of an answer.
    var socket: CInt { get }
    /// How long an answer may take.
    var timeoutSeconds: Int { get }
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

/// One exchange with a server for which no thread waits.
package struct Exchange<Connection: PooledConnection, Value: Sendable>: Sendable {
    /// Sends.
    /// - Returns: false where nothing was sent; then the work is done on a thread.
    package var send: @Sendable (Connection) throws -> Bool
    /// Reads what has come.
    /// - Returns: nil while the answer is not whole.
    /// - Throws: `LeftToThread` where the work is to be done on a thread instead.
    package var receive: @Sendable (Connection, _ hasTimedOut: Bool) throws -> Value?

    package init(
        send: @escaping @Sendable (Connection) throws -> Bool,
        receive: @escaping @Sendable (Connection, _ hasTimedOut: Bool) throws -> Value?
    ) {
        self.send = send
        self.receive = receive
    }
}

/// The exchange came to nothing, and its work may be done on a thread.
package struct LeftToThread: Error {
    package init() {}
}
