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
    private enum Waker {
        case connection(ProxyConnection)
        case gate(ProxyListener, ProxyConnection.Way)
    }

    static let wakeTag = UInt64.max
    private static let listenerFlag: UInt64 = 1 << 62
    private static let chunk = 65_536
    /// Of one direction: what is held at most before no more is read.
    private static let held = 65_536
    /// Of all: what is held back by delays at most, and of one direction.
    private static let heldByDelays = (all: 256 << 20, one: 4 << 20)
    /// Reads of one connection before others have their turn.
    private static let readsPerTurn = 16

    private let poller: ProxyPoller
    private let alarm: CInt
    private let resolver: NameResolver
    /// Runs on the loop what another thread has for it.
    private let submit: @Sendable (@escaping @Sendable (ProxyLoop) -> Void) -> Void
    private let seed: UInt64
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
    private var listeners: [ProxyListener] = []
    private var connections: [ProxyConnection?] = []
    private var freeSlots: [Int] = []
    /// Events of this turn may still name them.
    private var slotsOfClosed: [Int] = []
    private var wakeTimes = WakeTimes<Waker>()
    /// They have more to be read, but it is others' turn.
    private var unfinished: [ProxyConnection] = []
    /// Listeners that had no descriptor for a connection, to be tried again.
    private var starved: [ProxyListener] = []
    private var now = ProxyLoop.clock
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
        let count = poller.wait(nanoseconds: patience)
        now = Self.clock
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
        guard poller.add(listener.socket, tag: Self.listenerFlag | UInt64(listeners.count - 1)) else {
            throw Problem(.machine, "no descriptor is left", nextStep: "Raise `ulimit -n`.")
        }
        return listener.port
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
        for listener in listeners { Glibc.close(listener.socket) }
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
            guard !listener.interference.isCut, prepare(client, tag: UInt64(slot) << 1) else {
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

    private func prepare(_ socket: CInt, tag: UInt64) -> Bool {
        var yes: CInt = 1
        setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
        stamp_arrivals(socket)
        return poller.add(socket, tag: tag)
    }

    /// Tries the next of the part's addresses; the client is reset when there is none left.
    private func connect(_ connection: ProxyConnection) {
        while !connection.candidates.isEmpty {
            let address = connection.candidates.removeFirst()
            let made = socket(
                address.family, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard made >= 0 else { break }
            if address.withPointer({ Glibc.connect(made, $0, $1) }) == 0 || errno == EINPROGRESS {
                connection.has(made)
                if prepare(made, tag: UInt64(connection.slot) << 1 | 1) { return }
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

    private func close(_ connection: ProxyConnection, abruptly: Bool) {
        guard !connection.isClosed else { return }
        connection.closeSockets(abruptly: abruptly)
        connection.listener.open -= 1
        connections[connection.slot] = nil
        slotsOfClosed.append(connection.slot)
    }

    // MARK: Bytes

    /// Moves what can be moved in both directions.
    private func pump(_ connection: ProxyConnection) {
        guard !connection.isClosed, connection.isConnected else { return }
        guard !connection.up.hasFailed, !connection.down.hasFailed, pump(&connection.up, .up, connection),
            pump(&connection.down, .down, connection)
        else {
            return close(connection, abruptly: true)
        }
        if connection.up.isDone, connection.down.isDone { close(connection, abruptly: false) }
    }

    /// - Returns: false when the connection has failed.
    private func pump(_ lane: inout Lane, _ way: ProxyConnection.Way, _ connection: ProxyConnection) -> Bool {
        var reads = 0
        while true {
            guard write(&lane, way, connection) else { return false }
            guard lane.canRead, !lane.hasEnded, lane.line.weight < mostHeld(connection.listener) else { return true }
            guard reads < Self.readsPerTurn else {
                unfinished.append(connection)
                return true
            }
            reads += 1
            guard read(&lane, way, connection) else { return false }
        }
    }

    private func mostHeld(_ listener: ProxyListener) -> Int {
        guard listener.interference.delay != nil else { return Self.held }
        let share = Self.heldByDelays.all / max(1, 2 * (connections.count - freeSlots.count))
        return min(Self.heldByDelays.one, max(Self.held, share))
    }

    /// Reads once, and writes what no fault holds back.
    private func read(_ lane: inout Lane, _ way: ProxyConnection.Way, _ connection: ProxyConnection) -> Bool {
        let listener = connection.listener
        var arrived: UInt64 = 0
        let isAtRest = listener.interference.isNone && lane.line.isEmpty && lane.canWrite
        if isAtRest { listener.chunks &+= 1 }
        // An odd number, as questions and answers mostly alternate.
        let isTimed = isAtRest && listener.chunks % 7 == 0
        let count =
            isTimed
            ? receive_stamped(lane.source, scratch.baseAddress, scratch.count, &arrived)
            : recv(lane.source, scratch.baseAddress, scratch.count, 0)
        if count < 0 {
            lane.canRead = false
            return errno == EAGAIN || errno == EINTR
        }
        // What is read late in a turn came in later than the turn began.
        let due = listener.interference.delay.map { Self.clock + $0.draw(&listener.draws) } ?? now
        if count == 0 {
            lane.hasEnded = true
            lane.line.end(due: due)
            return true
        }
        // What is there has been read. Of what comes later the poller tells, but for an end of which it has told already.
        if count < scratch.count, !lane.endIsNear { lane.canRead = false }
        if way == .up { listener.bytes.up += count } else { listener.bytes.down += count }
        guard isAtRest else {
            lane.line.add(UnsafeRawBufferPointer(rebasing: scratch[..<count]), due: due)
            return true
        }
        let sent = max(0, send(lane.sink, scratch.baseAddress, count, CInt(MSG_NOSIGNAL)))
        if sent < count {
            if sent == 0, errno != EAGAIN { return false }
            lane.canWrite = false
            lane.line.add(UnsafeRawBufferPointer(rebasing: scratch[sent..<count]), due: now)
        } else if isTimed, arrived > 0 {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            let passed = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
            // Else the clock was set meanwhile.
            if passed >= arrived, passed - arrived < 10_000_000_000 { listener.times.add(passed - arrived) }
        }
        return true
    }

    /// Writes what is due.
    private func write(_ lane: inout Lane, _ way: ProxyConnection.Way, _ connection: ProxyConnection) -> Bool {
        while let due = lane.line.due {
            guard due <= now else {
                if lane.wakeTime != due { wakeTimes.add(.connection(connection), at: due) }
                lane.wakeTime = due
                return true
            }
            if lane.line.isAtEnd {
                lane.line.removeEnd()
                lane.isDone = true
                shutdown(lane.sink, CInt(SHUT_WR))
                return true
            }
            guard lane.canWrite else { return true }
            if connection.listener.interference.bytesPerSecond != nil {
                if !lane.isQueued {
                    lane.isQueued = true
                    connection.listener.gates[way]?.queue.append(connection)
                    arm(connection.listener, way, at: now)
                }
                return true
            }
            guard writeFirst(&lane, atMost: .max) != nil else { return false }
        }
        return true
    }

    /// - Returns: how much of the first chunk went; nil when the connection has failed.
    private func writeFirst(_ lane: inout Lane, atMost most: Int) -> Int? {
        let sink = lane.sink
        let asked = lane.line.withFirst { bytes in
            let count = min(bytes.count, most)
            return (count, send(sink, bytes.baseAddress, count, CInt(MSG_NOSIGNAL)))
        }
        guard let (count, sent) = asked else { return 0 }
        if sent < 0, errno != EAGAIN { return nil }
        if sent < count { lane.canWrite = false }
        lane.line.remove(max(0, sent))
        return max(0, sent)
    }

    private func arm(_ listener: ProxyListener, _ way: ProxyConnection.Way, at time: UInt64) {
        guard listener.gates[way]?.isArmed == false else { return }
        listener.gates[way]?.isArmed = true
        wakeTimes.add(.gate(listener, way), at: time)
    }

    /// Lets those pass whose turn it is, as much as the bandwidth leaves.
    private func open(_ listener: ProxyListener, _ way: ProxyConnection.Way) {
        while let connection = listener.gates[way]?.queue.first {
            let isPassed =
                connection.isClosed
                || (way == .up
                    ? pass(&connection.up, way, connection) : pass(&connection.down, way, connection))
            guard isPassed else { return }
            listener.gates[way]?.queue.removeFirst()
            // It gets in line again where it has more.
            pump(connection)
        }
        listener.gates[way]?.isArmed = false
    }

    /// Writes a portion of the connection whose turn it is.
    /// - Returns: false when the bandwidth leaves too little now; it is looked at again when there is enough.
    private func pass(_ lane: inout Lane, _ way: ProxyConnection.Way, _ connection: ProxyConnection) -> Bool {
        let listener = connection.listener
        lane.isQueued = false
        guard let first = lane.line.withFirst({ $0.count }), lane.canWrite,
            let portion = listener.gates[way]?.bucket.portion
        else { return true }
        let wanted = min(first, portion)
        guard let left = listener.gates[way]?.bucket.available(at: now), left >= wanted else {
            lane.isQueued = true
            listener.gates[way]?.isArmed = false
            if let time = listener.gates[way]?.bucket.time(of: wanted) { arm(listener, way, at: time) }
            return false
        }
        guard let sent = writeFirst(&lane, atMost: wanted) else {
            lane.hasFailed = true
            return true
        }
        listener.gates[way]?.bucket.take(sent)
        return true
    }
}
