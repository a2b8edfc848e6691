import Model

/// The connections of one loop over HTTP/2, and what they share.
final class HTTP2Pool {
    private unowned(unsafe) let loop: UserLoop
    private let most: Int
    private var connections: [HTTP2Connection?] = []
    private var free: [Int] = []
    /// Those that have room for another user, or had it; the one that got it last comes first.
    private var roomy: [HTTP2Connection] = []
    /// Those that have something to send.
    var due: [HTTP2Connection] = []
    /// Requests that the server takes at a time on one connection, as it said last.
    var allowed = Int.max
    private var fields: [HTTP2Fields] = []
    /// Of secured connections that have ended, one for each.
    private var tickets: [TLSTicket] = []
    /// Where frames are put together before they are sent.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

    /// The bit by which the poller's tag of a connection differs from that of a user.
    static let mark: UInt32 = 1 << 31

    init(_ loop: UserLoop) {
        self.loop = loop
        most = loop.plan.keepsConnections ? loop.plan.streams ?? 1 : 1
    }

    deinit { buffer.deallocate() }

    /// Users who share a connection. A server that takes fewer requests at a time gets more connections.
    func streams(allowed: Int) -> Int { max(1, min(most, allowed)) }

    func fields(of task: Int) -> HTTP2Fields {
        if fields.isEmpty {
            let scheme = loop.plan.origin.isSecure ? "https" : "http"
            fields = loop.plan.tasks.map { HTTP2Fields(scheme: scheme, check: $0.check) }
        }
        return fields[task]
    }

    /// One with room, or a new one.
    func connection(for user: User) -> Result<HTTP2Connection, SocketError> {
        while let last = roomy.last {
            if last.hasRoom { return .success(last) }
            roomy.removeLast()
            last.isListed = false
        }
        let place = free.popLast() ?? connections.count
        if place == connections.count { connections.append(nil) }
        switch loop.connect(as: UInt32(place) | Self.mark, number: user.slot, resuming: tickets.popLast()) {
        case .failure(let error):
            free.append(place)
            return .failure(error)
        case .success(let opened):
            let connection = HTTP2Connection(loop, place: place, socket: opened.socket, tag: opened.tag)
            connections[place] = connection
            list(connection)
            return .success(connection)
        }
    }

    /// It may have room.
    func list(_ connection: HTTP2Connection) {
        guard !connection.isListed, connection.hasRoom else { return }
        connection.isListed = true
        roomy.append(connection)
    }

    func closed(_ connection: HTTP2Connection, _ socket: Socket, leaving: Bool) {
        if !leaving, let ticket = socket.tls?.ticket { tickets.append(ticket) }
        loop.closed(socket, leaving: leaving)
        connections[connection.place] = nil
        free.append(connection.place)
    }

    func ready(_ place: Int, tag: UInt32, _ event: Poller.Event, arrived: UInt64) {
        guard let connection = connections[place], connection.tag == tag else { return }
        connection.ready(event, arrived: arrived)
    }

    /// Sends what there is to send.
    func flush() {
        while !due.isEmpty {
            let all = due
            due.removeAll(keepingCapacity: true)
            for connection in all { connection.flushIfDue() }
        }
    }
}
