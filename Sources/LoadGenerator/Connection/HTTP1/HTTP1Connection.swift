import Glibc
import Model

/// One user's own connection, which carries one request after the other (RFC 9112). What it finds it tells its user.
final class HTTP1Connection {
    /// The loop outlives its users and what they have.
    private unowned(unsafe) let loop: UserLoop
    private var socket: Socket?
    /// Tells events of this connection from those of one before.
    private(set) var tag: UInt32 = 0
    private var partial: PartialAnswer?
    /// What the system did not take yet of a request.
    private var unsent: [UInt8] = []
    /// Of the few requests that go out in parts.
    private var rest: RestOfRequest?
    /// Of the secured connection before this one.
    private var ticket: TLSTicket?

    /// How long a body waits for the server's word, in nanoseconds: not longer than curl's.
    private static let continuation: UInt64 = 1_000_000_000

    init(_ loop: UserLoop) { self.loop = loop }

    // MARK: What the user asks for

    /// - Returns: why there can be no connection.
    func open(for user: User) -> SocketError? {
        switch loop.connect(user, resuming: ticket) {
        case .success(let opened):
            socket = opened.socket
            tag = opened.tag
            return nil
        case .failure(let error): return error
        }
    }

    func send(for user: User, now: UInt64) {
        if loop.plan.tasks[user.task].isStreamed {
            let rest = rest ?? RestOfRequest()
            rest.files = Outgoing(loop.plan.forProxy(user.requestParts()))
            self.rest = rest
            return goOn(rest)
        }
        let request = loop.plan.forProxy(user.writtenRequest())
        guard loop.plan.tasks[user.task].asksToContinue else { return write(request) }
        let head = request.firstRange(of: [0x0D, 0x0A, 0x0D, 0x0A])?.upperBound ?? request.count
        write(Array(request[..<head]))
        guard head < request.count else { return }
        let rest = rest ?? RestOfRequest()
        rest.held = Array(request[head...])
        self.rest = rest
        loop.remind(user, at: now + Self.continuation)
    }

    /// The body goes out, whether or not the server has asked for it.
    func proceed() {
        guard let rest, !rest.held.isEmpty else { return }
        let body = rest.held
        rest.held = []
        if unsent.isEmpty { write(body) } else { unsent += body }
    }

    /// Whether all of the request under way has gone out.
    var isSent: Bool { unsent.isEmpty && rest?.isEmpty ?? true }

    func drop(leaving: Bool) {
        guard let socket else { return }
        ticket = leaving ? nil : socket.tls?.ticket
        loop.closed(socket, leaving: leaving)
        self.socket = nil
        partial = nil
        rest = nil
        if !unsent.isEmpty { unsent = [] }
    }

    private func goOn(_ rest: RestOfRequest) {
        guard let socket, rest.files?.send(over: socket) == true else { return }
        rest.files = nil
    }

    private func write(_ bytes: [UInt8]) {
        // A connection that fails here says why when it is read.
        guard var written = bytes.withUnsafeBytes({ socket?.write($0) }) else { return }
        // A secured connection takes one record at a time, and says of the next only once it is refused.
        while socket?.tls != nil, written < bytes.count {
            guard let more = bytes[written...].withUnsafeBytes({ socket?.write($0) }) else { return }
            if more == 0 { break }
            written += more
        }
        if written < bytes.count {
            unsent = Array(bytes[written...])
        } else if !unsent.isEmpty {
            unsent = []
        }
    }

    // MARK: What the connection says

    /// - Parameter arrived: when the event was told; what can be read had come by then, however long others were served
    ///   before. The system may know of an earlier time.
    func ready(_ event: Poller.Event, arrived: UInt64, for user: User) {
        if user.isConnecting {
            guard let socket, event.canWrite || event.hasEnded || socket.needsIntroduction else { return }
            // A connection that could not be made is told as one that has ended.
            let error = event.hasEnded ? socket.pendingError : 0
            guard error == 0 else { return user.connectFailed(SocketError(error), now: Clocks.now) }
            switch socket.introduce() {
            case .done:
                loop.connectionOpened()
                return user.connected(now: Clocks.now)
            case .waiting: return
            case .failed(let error): return user.connectFailed(error, now: Clocks.now)
            }
        }
        if event.canWrite, !unsent.isEmpty { write(unsent) }
        if event.canWrite, let rest, rest.files != nil { goOn(rest) }
        if event.canRead || event.hasEnded { receive(untilEmpty: event.hasEnded, arrived: arrived, for: user) }
    }

    /// Reads what there is. A read that does not fill the buffer has emptied a plain socket; of a secured one it gives one
    /// record.
    private func receive(untilEmpty: Bool, arrived: UInt64, for user: User) {
        let (buffer, current) = (loop.buffer, tag)
        var arrived = max(arrived, user.sent)
        while let socket, tag == current {
            switch socket.read(into: buffer) {
            case .bytes(let count, let stamp):
                if let time = stamp.map({ $0 &- loop.wallOffset }), time > user.sent { arrived = min(arrived, time) }
                hear(UnsafeRawBufferPointer(rebasing: buffer[..<count]), now: arrived, for: user)
                // It may have been closed meanwhile, and another one opened in its place.
                guard tag == current, self.socket != nil else { return }
                if !untilEmpty, socket.isEmptied(by: count, of: buffer.count) { return }
                arrived = Clocks.now
            case .nothingYet: return
            case .end: return closed(nil, for: user)
            case .failed(let error): return closed(error, for: user)
            }
        }
    }

    private func hear(_ bytes: UnsafeRawBufferPointer, now: UInt64, for user: User) {
        guard user.isAwaiting else {
            // Nobody asked: what comes after it could not be told from an answer.
            drop(leaving: false)
            return user.disconnected(now: now)
        }
        user.heard(now: now)
        if let partial {
            let progress = partial.read(bytes)
            return judge(progress, partial.reader, last: bytes, now: now, for: user)
        }
        if loop.memories[user.task].holds(bytes) {
            return user.succeeded(
                keepsAlive: loop.memories[user.task].keepsAlive, compressed: loop.memories[user.task].compressed,
                now: now)
        }
        loop.reader.begin(loop.plan.tasks[user.task].check)
        judge(loop.reader.read(bytes), loop.reader, last: bytes, now: now, for: user)
    }

    private func judge(
        _ progress: ResponseScanner.Progress, _ reader: AnswerReader, last bytes: UnsafeRawBufferPointer, now: UInt64,
        for user: User
    ) {
        switch progress {
        case .incomplete:
            if reader.scanner.asksToContinue { proceed() }
            if partial == nil {
                partial = PartialAnswer(reader: reader, check: user.plannedTask.check, beginning: bytes)
            }
        case .complete:
            let heard = Heard(before: partial?.heard ?? [], last: bytes)
            let whole = partial == nil ? bytes : nil
            partial = nil
            user.answered(reader, heard, whole: whole, keepsAlive: reader.scanner.keepsAlive, now: now)
        case .malformed(let fault):
            let heard = Heard(before: partial?.heard ?? [], last: bytes)
            partial = nil
            user.malformed(fault.rawValue, heard, now: now)
        }
    }

    /// - Parameter error: nil for an orderly end.
    private func closed(_ error: SocketError?, for user: User) {
        let (now, cut) = (Clocks.now, partial)
        let unseen = wasUnseen(error, by: user)
        drop(leaving: false)
        if user.isAwaiting, let cut, case .complete = cut.reader.end() {
            return user.answered(cut.reader, Heard(before: cut.heard), whole: nil, keepsAlive: false, now: now)
        }
        user.closed(error, Heard(before: cut?.heard ?? []), unseen: unseen, now: now)
    }

    /// Whether the peer had closed the connection in order before the request came to it.
    private func wasUnseen(_ error: SocketError?, by user: User) -> Bool {
        guard let socket, user.isAwaiting, !user.plannedTask.isIdempotent else { return false }
        // A reset without an orderly end may follow a request that was read.
        guard error == nil || error?.code == EPIPE, !user.plannedTask.isStreamed else { return false }
        return socket.hasNotDelivered(loop.plan.forProxy(user.writtenRequest()).count)
    }
}

/// What is left of a request that goes out in parts.
private final class RestOfRequest {
    /// A body that waits for the server's word.
    var held: [UInt8] = []
    /// A body that lies in files.
    var files: Outgoing?

    var isEmpty: Bool { held.isEmpty && files == nil }
}
