import CLinux
import Glibc
import Model

/// How bytes pass from one side to the other.
extension ProxyLoop {
    /// Moves what can be moved in both directions.
    func pump(_ connection: ProxyConnection) {
        guard !connection.isClosed, connection.isConnected else { return }
        guard !connection.up.hasFailed, !connection.down.hasFailed, pump(&connection.up, .up, connection),
            pump(&connection.down, .down, connection)
        else {
            return close(connection, abruptly: true)
        }
        if connection.up.isDone, connection.down.isDone { close(connection, abruptly: false) }
    }

    /// - Returns: false when the connection has failed.
    func pump(_ lane: inout Lane, _ way: ProxyConnection.Way, _ connection: ProxyConnection) -> Bool {
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
        // The system stamps no bytes of a Unix socket.
        let isStamped = way == .up ? listener.path == nil : !listener.place.isPath
        if isAtRest, isStamped { listener.chunks &+= 1 }
        // An odd number, as questions and answers mostly alternate.
        let isTimed = isAtRest && (isStamped ? listener.chunks % 7 == 0 : turnDue != nil)
        let count =
            isTimed && isStamped
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
            awaitRoom(&lane, way, connection)
            lane.line.add(UnsafeRawBufferPointer(rebasing: scratch[sent..<count]), due: now)
        } else if isTimed {
            let time = isStamped ? Self.timeSince(stamp: arrived) : turnDue.map { Self.clock - $0 }
            if let time { listener.times.add(time) }
        }
        return true
    }

    /// - Parameter stamp: of the wall clock; 0 where there is none.
    private static func timeSince(stamp: UInt64) -> UInt64? {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        // Else the clock was set meanwhile.
        return stamp > 0 && now >= stamp && now - stamp < 10_000_000_000 ? now - stamp : nil
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
            guard writeFirst(&lane, way, connection, atMost: .max) != nil else { return false }
        }
        return true
    }

    /// - Returns: how much of the first chunk went; nil when the connection has failed.
    private func writeFirst(
        _ lane: inout Lane, _ way: ProxyConnection.Way, _ connection: ProxyConnection, atMost most: Int
    ) -> Int? {
        let sink = lane.sink
        let asked = lane.line.withFirst { bytes in
            let count = min(bytes.count, most)
            return (count, send(sink, bytes.baseAddress, count, CInt(MSG_NOSIGNAL)))
        }
        guard let (count, sent) = asked else { return 0 }
        if sent < 0, errno != EAGAIN { return nil }
        if sent < count { awaitRoom(&lane, way, connection) }
        lane.line.remove(max(0, sent))
        return max(0, sent)
    }

    /// The sink has taken less than there was.
    private func awaitRoom(_ lane: inout Lane, _ way: ProxyConnection.Way, _ connection: ProxyConnection) {
        lane.canWrite = false
        let tag = way == .up ? connection.tagOfUpstream : connection.tagOfClient
        poller.tell(ofRoom: true, of: lane.sink, tag: tag)
    }

    private func arm(_ listener: ProxyListener, _ way: ProxyConnection.Way, at time: UInt64) {
        guard listener.gates[way]?.isArmed == false else { return }
        listener.gates[way]?.isArmed = true
        wakeTimes.add(.gate(listener, way), at: time)
    }

    /// Lets those pass whose turn it is, as much as the bandwidth leaves.
    func open(_ listener: ProxyListener, _ way: ProxyConnection.Way) {
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
        guard let sent = writeFirst(&lane, way, connection, atMost: wanted) else {
            lane.hasFailed = true
            return true
        }
        listener.gates[way]?.bucket.take(sent)
        return true
    }
}
