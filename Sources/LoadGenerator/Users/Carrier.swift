/// What carries one user's requests: a request goes in, and what becomes of it is told to the user. The load chooses it. An
/// enum of final classes, so that no call goes through a table.
enum Carrier {
    case http1(HTTP1Connection)
    case http2(HTTP2Stream)

    init(_ loop: UserLoop) {
        self = loop.plan.streams == nil ? .http1(HTTP1Connection(loop)) : .http2(HTTP2Stream(loop))
    }

    /// Begins a connection; `connected` or `connectFailed` of the user follows.
    /// - Returns: why there can be none.
    func open(for user: User) -> SocketError? {
        switch self {
        case .http1(let connection): connection.open(for: user)
        case .http2(let stream): stream.open(for: user)
        }
    }

    /// Sends the user's request; `answered`, `succeeded`, `malformed` or `closed` of the user follows.
    func send(for user: User, now: UInt64) {
        switch self {
        case .http1(let connection): connection.send(for: user, now: now)
        case .http2(let stream): stream.send(for: user, now: now)
        }
    }

    /// A body that waited for the server's word goes out without it.
    func proceed() {
        switch self {
        case .http1(let connection): connection.proceed()
        case .http2(let stream): stream.proceed()
        }
    }

    /// Whether another request can follow the one that was answered.
    var isSent: Bool {
        switch self {
        case .http1(let connection): connection.isSent
        // What is left of it was given up, and others go on.
        case .http2: true
        }
    }

    /// The user has no more use for the connection.
    /// - Parameter leaving: nor for any other.
    func drop(leaving: Bool) {
        switch self {
        case .http1(let connection): connection.drop(leaving: leaving)
        case .http2(let stream): stream.drop(leaving: leaving)
        }
    }
}
