import Model

/// One user's place on a connection of HTTP/2, which it shares with others.
final class HTTP2Stream {
    private unowned(unsafe) let loop: UserLoop
    let exchange = HTTP2Exchange()
    private(set) unowned(unsafe) var user: User?
    private(set) var connection: HTTP2Connection?
    /// Among those of the connection.
    var place = 0

    /// How long a body waits for the server's word, in nanoseconds: not longer than curl's.
    private static let continuation: UInt64 = 1_000_000_000

    init(_ loop: UserLoop) {
        self.loop = loop
        exchange.stream = self
    }

    deinit { exchange.stream = nil }

    // MARK: What the user asks for

    func open(for user: User) -> SocketError? {
        self.user = user
        switch loop.pool.connection(for: user) {
        case .failure(let error): return error
        case .success(let connection):
            self.connection = connection
            connection.join(self)
            // A connection that stands is there at once.
            if connection.isStanding { user.connected(now: Clocks.now) }
            return nil
        }
    }

    func send(for user: User, now: UInt64) {
        guard let connection else { return user.unprocessed(now: now) }
        let holds = loop.plan.tasks[user.task].asksToContinue
        guard connection.submit(self, for: user, holdsBody: holds) else {
            leave(leaving: false)
            return user.unprocessed(now: now)
        }
        if holds { loop.remind(user, at: now + Self.continuation) }
    }

    func proceed() { connection?.release(exchange) }

    func drop(leaving: Bool) {
        guard let connection else { return }
        let isSilent =
            exchange.isUnderWay && exchange.end == nil && user.map { connection.lastHeard < $0.sent } ?? false
        connection.cancel(exchange)
        leave(leaving: leaving)
        if leaving { user = nil }
        // A connection on which nothing comes any more is not used again.
        if isSilent { connection.retire(now: Clocks.now) }
    }

    private func leave(leaving: Bool) {
        connection?.remove(self, leaving: leaving)
        connection = nil
    }

    // MARK: What the connection tells

    /// The connection stands.
    func opened(now: UInt64) { user?.connected(now: now) }

    /// The connection has no room: another one is looked for.
    func turnedAway(now: UInt64) {
        connection = nil
        guard let user, let error = open(for: user) else { return }
        user.connectFailed(error, now: now)
    }

    /// The connection is given up while the user has no request under way.
    func dismissed(now: UInt64) {
        connection = nil
        user?.disconnected(now: now)
    }

    /// The connection is gone.
    /// - Parameter fault: what the server sent that is no HTTP/2.
    func lost(_ error: SocketError?, fault: String?, now: UInt64) {
        connection = nil
        let heard = exchange.beginning
        let firstByte = exchange.isUnderWay ? exchange.firstByte : 0
        exchange.over()
        guard let user else { return }
        if user.isConnecting {
            let words = fault ?? "the server closed the connection before it spoke HTTP/2"
            let known = fault == nil ? error : nil
            return user.connectFailed(known ?? SocketError(http2: words), now: now)
        }
        guard user.isAwaiting else { return user.disconnected(now: now) }
        if firstByte > 0 { user.heard(now: max(firstByte, user.sent)) }
        if let fault { return user.malformed(fault, heard, now: now) }
        user.closed(error, heard, unseen: false, now: now)
    }

    /// The exchange came to its end.
    func ended(now: UInt64) {
        guard let user, let connection, let end = exchange.end, user.isAwaiting else { return }
        // What is read in one go may have come before a request that is answered in it was written down as sent.
        let now = max(now, user.sent)
        if exchange.firstByte > 0 { user.heard(now: max(exchange.firstByte, user.sent)) }
        switch end {
        case .answered: answered(user, on: connection, now: now)
        case .reset(let code):
            let heard = exchange.beginning
            exchange.over()
            user.streamReset(
                "the server reset the stream: \(HTTP2Wire.name(ofError: code))", heard,
                keepsAlive: !connection.isRetired, now: now)
        case .unprocessed:
            exchange.over()
            leave(leaving: false)
            user.unprocessed(now: now)
        case .malformed:
            let heard = exchange.beginning
            connection.cancel(exchange)
            user.malformed("the answer breaks the rules of HTTP/2", heard, now: now)
        }
    }

    private func answered(_ user: User, on connection: HTTP2Connection, now: UInt64) {
        let (partial, keepsAlive) = (exchange.partial, !connection.isRetired)
        // The server has no use for the rest of the request, where there is one.
        if exchange.isUnderWay { connection.cancel(exchange) } else { exchange.over() }
        if let partial {
            guard case .complete = partial.reader.end() else {
                return user.malformed("the answer's length is not what it says", exchange.beginning, now: now)
            }
            let heard = Heard(before: partial.heard, isHTTP2: true)
            return user.answered(partial.reader, heard, whole: nil, keepsAlive: keepsAlive, now: now)
        }
        // The next request may go out before this is through. Nothing of its answer is read before that.
        read(exchange.bytes, for: user, keepsAlive: keepsAlive, now: now)
    }

    private func read(_ bytes: UnsafeRawBufferPointer, for user: User, keepsAlive: Bool, now: UInt64) {
        if loop.memories[user.task].holds(bytes) {
            return user.succeeded(
                keepsAlive: keepsAlive && loop.plan.keepsConnections,
                compressed: loop.memories[user.task].compressed, now: now)
        }
        let heard = Heard(last: bytes, isHTTP2: true)
        loop.reader.begin(loop.plan.tasks[user.task].check)
        var progress = loop.reader.read(bytes)
        if case .incomplete = progress { progress = loop.reader.end() }
        switch progress {
        case .complete: user.answered(loop.reader, heard, whole: bytes, keepsAlive: keepsAlive, now: now)
        case .incomplete: user.malformed("the answer's length is not what it says", heard, now: now)
        case .malformed(let fault): user.malformed(fault.rawValue, heard, now: now)
        }
    }
}
