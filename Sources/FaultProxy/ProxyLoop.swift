import CLinux
import Glibc
import Model

/// All connections of the proxy, on one thread. Bytes that no fault holds back are written as soon as they are read; what the
/// other side does not take is kept, and nothing more is read until it has taken that.
///
/// It is written by hand so that nobody has to install another program for it, and none is in the stack's images; and a
/// fault is in force when its order is answered, on connections that are open too.
///
/// One read and one write a chunk: splice(2), which spares copying, needs a pipe for each direction and two calls as well, and
/// what passes between the parts of a store is mostly shorter than a kilobyte.
final class ProxyLoop {
    enum Waker {
        case connection(ProxyConnection)
        case gate(ProxyListener, ProxyConnection.Way)
    }

    static let wakeTag = UInt64.max
    private static let listenerFlag: UInt64 = 1 << 62
    private static let chunk = 65_536
    /// Of one direction: what is held at most before no more is read.
    static let held = 65_536
    /// Of all: what is held back by delays at most, and of one direction.
    static let heldByDelays = (all: 256 << 20, one: 4 << 20)
    /// Reads of one connection before others have their turn.
    static let readsPerTurn = 16
    /// Turns of which one is timed.
    private static let turnsPerTimed = 16

    let poller: ProxyPoller
    private let alarm: CInt
    private let resolver: NameResolver
    /// Runs on the loop what another thread has for it.
    private let submit: @Sendable (@escaping @Sendable (ProxyLoop) -> Void) -> Void
    private let seed: UInt64
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
    private var listeners: [ProxyListener] = []
    var connections: [ProxyConnection?] = []
    var freeSlots: [Int] = []
    /// Events of this turn may still name them.
    private var slotsOfClosed: [Int] = []
    var wakeTimes = WakeTimes<Waker>()
    /// They have more to be read, but it is others' turn.
    var unfinished: [ProxyConnection] = []
    /// Listeners that had no descriptor for a connection, to be tried again.
    private var starved: [ProxyListener] = []
    var now = ProxyLoop.clock
    private let processorWait = ProcessorWait()
    private var turns = 0
    /// When this turn could have begun, had the thread not waited for a processor; nil where the turn is not timed.
    private(set) var turnDue: UInt64?
    /// Of the newest connection.
    private var serial = 0
    private(set) var isOver = false

    /// - Parameter alarm: an eventfd: whoever writes to it ends the wait under way.
    /// - Returns: nil when the system has no descriptors left.
    init?(
        alarm: CInt, resolver: NameResolver, seed: UInt64,
        submit: @escaping @Sendable (@escaping @Sendable (ProxyLoop) -> Void) -> Void
    ) {
        guard let poller = ProxyPoller(), poller.add(alarm, tag: Self.wakeTag) else { return nil }
        self.poller = poller
        self.alarm = alarm
        self.resolver = resolver
        self.seed = seed
        self.submit = submit
    }

    deinit { scratch.deallocate() }

    static var clock: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Waits once and does what is to be done then.
    /// - Returns: whether others have something for the loop.
    func turn() -> Bool {
        var isCalled = false
        turns &+= 1
        let isTimed = turns % Self.turnsPerTimed == 0 && listeners.contains { $0.path != nil || $0.place.isPath }
        let waited = isTimed ? processorWait.total : 0
        let count = poller.wait(nanoseconds: patience)
        now = Self.clock
        turnDue = isTimed ? now - min(now, processorWait.total - waited) : nil
        for index in 0..<count {
            let tag = poller.tag(index)
            if tag == Self.wakeTag {
                var value: eventfd_t = 0
                eventfd_read(alarm, &value)
                isCalled = true
            } else if tag & Self.listenerFlag != 0 {
                accept(listeners[Int(tag & ~Self.listenerFlag)])
            } else if let connection = connections[Int(tag >> 1)] {
                happened(to: connection, ofClient: tag & 1 == 0, poller.state(index))
            }
        }
        let (rest, hungry) = (unfinished, starved)
        (unfinished, starved) = ([], [])
        for connection in rest { pump(connection) }
        for listener in hungry { accept(listener) }
        while let waker = wakeTimes.popDue(at: now) {
            switch waker {
            case .connection(let connection): pump(connection)
            case .gate(let listener, let way): open(listener, way)
            }
        }
        freeSlots += slotsOfClosed
        slotsOfClosed = []
        return isCalled
    }

    /// How long nothing is to be done unless something happens; nil for ever.
    private var patience: UInt64? {
        if !unfinished.isEmpty { return 0 }
        let next = wakeTimes.first.map { max($0, now) - now }
        return starved.isEmpty ? next : min(next ?? .max, 10_000_000)
    }

    // MARK: What others ask for

    func listen(_ part: String, at own: HostAndPort, upstream: HostAndPort) throws -> Int {
        let listener = try ProxyListener(part: part, at: own, upstream: upstream, seed: seed)
        listeners.append(listener)
        guard poller.add(listener.socket, tag: tag(of: listener)) else {
            throw Problem(.machine, "no descriptor is left", nextStep: "Raise `ulimit -n`.")
        }
        return listener.port
    }

    private func tag(of listener: ProxyListener) -> UInt64 {
        Self.listenerFlag | UInt64(listeners.firstIndex { $0 === listener } ?? 0)
    }

    /// - Throws: `Problem` when there is no such part, or the change cannot be made; then nothing has changed.
    func change(_ part: String, _ change: (inout Interference) throws -> Void) throws {
        // A part that listens at several ports has several.
        let own = listeners.filter { $0.part == part }
        guard !own.isEmpty else { throw Problem(.usage, "there is no proxy for \(part)") }
        for listener in own { try set(listener, change) }
    }

    /// - Throws: `Problem` when somebody took a port that was refused until now.
    func heal() throws {
        var trouble: (any Error)?
        for listener in listeners {
            do {
                try set(listener) { $0 = Interference() }
            } catch {
                trouble = error
            }
        }
        if let trouble { throw trouble }
    }

    var passages: [ProxyPassage] { listeners.map(\.passage) }

    func end() {
        for listener in listeners { listener.close() }
        for connection in connections { connection.map { close($0, abruptly: true) } }
        isOver = true
    }

    private func set(_ listener: ProxyListener, _ change: (inout Interference) throws -> Void) throws {
        now = Self.clock
        let before = listener.interference
        var after = before
        try change(&after)
        if before.isCut, !after.isCut, !listener.acceptAgain() {
            throw Problem(.machine, "the port of \(listener.part) was taken by another program while it was refused")
        }
        // Its socket is a new one there.
        if before.isCut, !after.isCut, listener.path != nil { _ = poller.add(listener.socket, tag: tag(of: listener)) }
        listener.interference = after
        let own = connections.compactMap(\.self).filter { $0.listener === listener }
        if after.isCut, !before.isCut {
            listener.refuse()
            for connection in own { close(connection, abruptly: true) }
            return
        }
        if before.delay != nil, after.delay == nil {
            for connection in own {
                connection.up.line.release()
                connection.down.line.release()
            }
        }
        if before.bytesPerSecond != after.bytesPerSecond {
            for connection in own { (connection.up.isQueued, connection.down.isQueued) = (false, false) }
            listener.gates = [:]
            if let rate = after.bytesPerSecond {
                for way in ProxyConnection.Way.allCases {
                    listener.gates[way] = ProxyListener.Gate(bucket: TokenBucket(bytesPerSecond: rate, now: now))
                }
            }
        }
        for connection in own { pump(connection) }
    }

    // MARK: Connections come and go

    private func accept(_ listener: ProxyListener) {
        while true {
            let client = accept_without_waiting(listener.socket)
            guard client >= 0 else {
                // One that its client gave up meanwhile is no reason to leave the others.
                if [ECONNABORTED, EINTR, EPROTO].contains(errno) { continue }
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) { starved.append(listener) }
                return
            }
            let slot = freeSlots.popLast() ?? connections.count
            if slot == connections.count { connections.append(nil) }
            serial += 1
            let connection = ProxyConnection(listener: listener, slot: slot, serial: serial, client: client)
            connections[slot] = connection
            listener.connections += 1
            listener.open += 1
            // Where the system could not stop listening.
            guard !listener.interference.isCut, prepare(client, tag: connection.tagOfClient) else {
                close(connection, abruptly: true)
                continue
            }
            if listener.known.isEmpty {
                resolver.find(listener.place) { [submit, serial] found in
                    submit { loop in
                        guard let connection = loop.connections[slot], connection.serial == serial else { return }
                        connection.candidates = found
                        loop.connect(connection)
                    }
                }
            } else {
                connection.candidates = listener.known
                connect(connection)
            }
        }
    }

    /// - Parameter room: whether to be told when it can be written to.
    private func prepare(_ socket: CInt, tag: UInt64, room: Bool = false) -> Bool {
        // A Unix socket knows neither option and needs none.
        var yes: CInt = 1
        setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
        stamp_arrivals(socket)
        return poller.add(socket, tag: tag, room: room)
    }

    /// Tries the next of the part's addresses; the client is reset when there is none left.
    private func connect(_ connection: ProxyConnection) {
        while !connection.candidates.isEmpty {
            let address = connection.candidates.removeFirst()
            let made = socket(
                address.family, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard made >= 0 else { break }
            let isThere = address.withPointer { Glibc.connect(made, $0, $1) } == 0
            if isThere || errno == EINPROGRESS {
                connection.has(made)
                if prepare(made, tag: connection.tagOfUpstream, room: !isThere) {
                    connection.isConnected = isThere
                    return pump(connection)
                }
                connection.has(-1)
            }
            Glibc.close(made)
        }
        connection.listener.refused += 1
        close(connection, abruptly: true)
    }

    private func happened(
        to connection: ProxyConnection, ofClient: Bool, _ state: (canRead: Bool, canWrite: Bool, hasEnded: Bool)
    ) {
        guard !connection.isClosed else { return }
        if !ofClient, !connection.isConnected {
            var (error, size) = (CInt(0), socklen_t(MemoryLayout<CInt>.size))
            getsockopt(connection.upstream, SOL_SOCKET, SO_ERROR, &error, &size)
            if error != 0 || (state.hasEnded && !state.canWrite) {
                Glibc.close(connection.upstream)
                connection.has(-1)
                return connect(connection)
            }
            guard state.canWrite else { return }
            connection.isConnected = true
        }
        if state.canWrite {
            let (socket, tag) =
                ofClient ? (connection.client, connection.tagOfClient) : (connection.upstream, connection.tagOfUpstream)
            poller.tell(ofRoom: false, of: socket, tag: tag)
        }
        if ofClient {
            note(state, reading: &connection.up, writing: &connection.down)
        } else {
            note(state, reading: &connection.down, writing: &connection.up)
        }
        pump(connection)
    }

    private func note(
        _ state: (canRead: Bool, canWrite: Bool, hasEnded: Bool), reading: inout Lane, writing: inout Lane
    ) {
        if state.canRead || state.hasEnded { reading.canRead = true }
        if state.hasEnded { reading.endIsNear = true }
        if state.canWrite { writing.canWrite = true }
    }

    func close(_ connection: ProxyConnection, abruptly: Bool) {
        guard !connection.isClosed else { return }
        connection.closeSockets(abruptly: abruptly)
        connection.listener.open -= 1
        connections[connection.slot] = nil
        slotsOfClosed.append(connection.slot)
    }
}
