import Glibc
import Model

/// One connection of HTTP/2, and the users who share it. It stands for them once the server's SETTINGS have come: then it is
/// known to speak HTTP/2, and how many requests it takes at a time.
final class HTTP2Connection {
    private enum Stage { case connecting, settling, standing, closed }

    /// Among those of the loop.
    let place: Int
    let tag: UInt32
    private unowned(unsafe) let loop: UserLoop
    private let socket: Socket
    private let wire = HTTP2Wire()
    private var stage = Stage.connecting
    private var members: [HTTP2Stream] = []
    /// It takes no new requests: the server goes away, or says nothing any more.
    private(set) var isRetired = false
    /// When something came last, in nanoseconds of the monotonic clock.
    private(set) var lastHeard: UInt64 = 0
    /// What the system did not take yet.
    private var unsent: [UInt8] = []
    /// Whether it is among those that are to send.
    private var isDue = false
    /// Whether it is among those that have room.
    var isListed = false
    /// The beginning of what a server sent that has not spoken HTTP/2 yet.
    private var greeting: [UInt8] = []

    init(_ loop: UserLoop, place: Int, socket: Socket, tag: UInt32) {
        self.loop = loop
        self.place = place
        self.socket = socket
        self.tag = tag
    }

    var isStanding: Bool { stage == .standing }

    var hasRoom: Bool { stage != .closed && !isRetired && members.count < loop.pool.streams(allowed: allowed) }

    /// What the server said, or said on another connection.
    private var allowed: Int { wire.isSettled ? wire.allowed : loop.pool.allowed }

    // MARK: What users ask for

    func join(_ stream: HTTP2Stream) {
        stream.place = members.count
        members.append(stream)
    }

    func remove(_ stream: HTTP2Stream, leaving: Bool) {
        guard stage != .closed else { return }
        let last = members.removeLast()
        if last !== stream {
            last.place = stream.place
            members[last.place] = last
        }
        if members.isEmpty { return shut(leaving: leaving) }
        loop.pool.list(self)
        schedule()
    }

    func submit(_ stream: HTTP2Stream, for user: User, holdsBody: Bool) -> Bool {
        guard stage == .standing, !isRetired else { return false }
        let fields = loop.pool.fields(of: user.task)
        let isTaken: Bool
        if loop.plan.tasks[user.task].isStreamed {
            let parts = user.requestParts()
            guard case .bytes(let first)? = parts.first else { return false }
            isTaken = wire.submit(stream.exchange, first, fields, rest: Array(parts.dropFirst()))
        } else {
            isTaken = wire.submit(
                stream.exchange, user.writtenRequest(), fields, rest: nil, holdsBody: holdsBody)
        }
        // All numbers of streams are used up: one in a thousand million.
        if isTaken { schedule() } else { retire(now: Clocks.now) }
        return isTaken
    }

    func release(_ exchange: HTTP2Exchange) {
        wire.release(exchange)
        schedule()
    }

    func cancel(_ exchange: HTTP2Exchange) {
        wire.cancel(exchange)
        schedule()
    }

    /// Takes no new requests. Users without one look for another connection when they need it.
    func retire(now: UInt64) {
        guard !isRetired, stage != .closed else { return }
        isRetired = true
        for stream in members where stream.user?.isBusy != true {
            remove(stream, leaving: false)
            stream.dismissed(now: now)
        }
    }

    // MARK: Sending

    private func schedule() {
        guard !isDue, stage == .standing else { return }
        isDue = true
        loop.pool.due.append(self)
    }

    /// Sends what was asked for since it was last called.
    func flushIfDue() { if isDue { flush() } }

    private func flush() {
        isDue = false
        guard stage == .settling || stage == .standing else { return }
        sendFrames()
        settle(now: Clocks.now)
    }

    private func sendFrames() {
        if !unsent.isEmpty {
            let left = unsent
            unsent = []
            guard left.withUnsafeBytes(write) else { return }
        }
        while true {
            let count = wire.fill(loop.pool.buffer)
            guard count > 0, write(UnsafeRawBufferPointer(rebasing: loop.pool.buffer[..<count])) else { return }
        }
    }

    /// - Returns: whether all has gone out. A connection that fails here says why when it is read.
    private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var sent = 0
        while sent < bytes.count {
            guard let count = socket.write(UnsafeRawBufferPointer(rebasing: bytes[sent...])) else { return false }
            if count == 0 {
                unsent = Array(bytes[sent...])
                return false
            }
            sent += count
        }
        return true
    }

    // MARK: What the connection says

    func ready(_ event: Poller.Event, arrived: UInt64) {
        if stage == .connecting { begin(event) }
        guard stage == .settling || stage == .standing else { return }
        if event.canRead || event.hasEnded || socket.tls != nil {
            receive(untilEmpty: event.hasEnded, arrived: arrived)
        }
        guard stage != .closed else { return }
        if isDue || wire.wantsToSend || event.canWrite && !unsent.isEmpty { flush() }
    }

    private func begin(_ event: Poller.Event) {
        guard event.canWrite || event.hasEnded || socket.needsIntroduction else { return }
        // A connection that could not be made is told as one that has ended.
        let error = event.hasEnded ? socket.pendingError : 0
        guard error == 0 else { return close(SocketError(error)) }
        switch socket.introduce() {
        case .waiting: return
        case .failed(let error): return close(error)
        case .done:
            guard socket.tls?.speaksHTTP2 ?? true else { return close(.noHTTP2) }
            stage = .settling
            sendFrames()
        }
    }

    private func receive(untilEmpty: Bool, arrived: UInt64) {
        let buffer = loop.buffer
        var arrived = max(arrived, lastHeard)
        while stage != .closed {
            switch socket.read(into: buffer) {
            case .bytes(let count, let stamp):
                if let time = stamp.map({ $0 &- loop.wallOffset }), time > lastHeard { arrived = min(arrived, time) }
                lastHeard = arrived
                hear(UnsafeRawBufferPointer(rebasing: buffer[..<count]), now: arrived)
                guard stage != .closed else { return }
                if !untilEmpty, socket.isEmptied(by: count, of: buffer.count) { return }
                arrived = Clocks.now
            case .nothingYet: return
            case .end: return close(nil)
            case .failed(let error): return close(error)
            }
        }
    }

    private func hear(_ bytes: UnsafeRawBufferPointer, now: UInt64) {
        if !wire.isSettled, greeting.count < 64 { greeting += bytes.prefix(64 - greeting.count) }
        wire.receive(bytes, now: now)
        settle(now: now)
    }

    /// Tells users what has become of their requests.
    private func settle(now: @autoclosure () -> UInt64) {
        if stage == .settling, wire.isSettled { stand(now: now()) }
        if wire.lastServed != nil { retire(now: now()) }
        while stage != .closed, wire.hasEnded {
            while let exchange = wire.nextEnded() {
                // It may be the last who holds the stream of a user who leaves.
                let stream = exchange.stream
                stream?.ended(now: now())
            }
            for id in wire.takeUnbegun() {
                guard let stream = members.first(where: { $0.exchange.id == id }) else { continue }
                stream.exchange.end(.unprocessed)
                stream.ended(now: now())
            }
        }
        guard stage != .closed, wire.isOver else { return }
        // What nghttp2 has to say of the peer's mistake goes out first.
        sendFrames()
        close(nil)
    }

    private func stand(now: UInt64) {
        stage = .standing
        greeting = []
        loop.connectionOpened()
        loop.pool.allowed = wire.allowed
        let most = loop.pool.streams(allowed: wire.allowed)
        let all = members
        members = Array(all.prefix(most))
        for stream in all.prefix(most) where stream.connection === self { stream.opened(now: now) }
        for stream in all.dropFirst(most) { stream.turnedAway(now: now) }
    }

    /// Nobody has use for it.
    private func shut(leaving: Bool) {
        if stage == .settling || stage == .standing {
            wire.terminate()
            sendFrames()
        }
        stage = .closed
        loop.pool.closed(self, socket, leaving: leaving)
    }

    /// - Parameter error: nil for an orderly end.
    private func close(_ error: SocketError?) {
        guard stage != .closed else { return }
        let now = Clocks.now
        let fault = wire.isSettled ? wire.refusal ?? wire.fault : faultOfGreeting
        stage = .closed
        loop.pool.closed(self, socket, leaving: false)
        let all = members
        members = []
        for stream in all { stream.lost(error, fault: fault, now: now) }
    }

    /// What a server says that does not speak HTTP/2; nil where it says nothing.
    private var faultOfGreeting: String? {
        HTTP2Wire.fault(ofGreeting: greeting, otherwise: wire.refusal ?? wire.fault)
    }
}

extension HTTP2Wire {
    /// - Parameters:
    ///   - greeting: the first bytes of a server before its SETTINGS.
    ///   - fault: what nghttp2 found.
    static func fault(ofGreeting greeting: [UInt8], otherwise fault: String?) -> String? {
        guard isText(greeting) else {
            return greeting.isEmpty ? nil : fault ?? "the server's first bytes are no HTTP/2"
        }
        let line = greeting.prefix { $0 >= 0x20 && $0 < 0x7F }
        return "the server does not speak HTTP/2; it answered \(String(decoding: line, as: UTF8.self))"
    }

    /// The length of a frame, which comes first, has a zero byte there.
    static func isText(_ greeting: [UInt8]) -> Bool { greeting.first.map { $0 >= 0x20 && $0 < 0x7F } ?? false }
}
