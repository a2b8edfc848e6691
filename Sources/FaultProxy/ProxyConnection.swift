import CLinux
import Glibc

/// One direction of a connection.
struct Lane {
    var source: CInt
    var sink: CInt
    /// What has been read and not yet been written.
    var line = DelayLine()
    /// As the poller last said, until a call says otherwise.
    var canRead = false
    var canWrite = true
    /// The source has sent its end: it is still to be read.
    var endIsNear = false
    /// The end has been read.
    var hasEnded = false
    /// The end has been passed on.
    var isDone = false
    /// It waits for its turn in the listener's bandwidth.
    var isQueued = false
    /// A write failed while it had its turn.
    var hasFailed = false
    /// When it is to be looked at again, by the last waker for it.
    var wakeTime: UInt64 = 0
}

/// A client's connection and the one to the part that belongs to it.
final class ProxyConnection {
    enum Way: CaseIterable { case up, down }

    let listener: ProxyListener
    /// Its place in the loop's table.
    let slot: Int
    /// No other connection of the proxy has or had it.
    let serial: Int
    /// The part has taken it.
    var isConnected = false
    /// Addresses of the part that have not been tried.
    var candidates: [ProxyAddress] = []
    /// From the client to the part.
    var up: Lane
    var down: Lane
    var isClosed = false

    init(listener: ProxyListener, slot: Int, serial: Int, client: CInt) {
        self.listener = listener
        self.slot = slot
        self.serial = serial
        up = Lane(source: client, sink: -1)
        down = Lane(source: -1, sink: client)
    }

    var client: CInt { up.source }
    var upstream: CInt { up.sink }
    /// What the poller names its sockets.
    var tagOfClient: UInt64 { UInt64(slot) << 1 }
    var tagOfUpstream: UInt64 { UInt64(slot) << 1 | 1 }

    func has(_ upstream: CInt) {
        up.sink = upstream
        down.source = upstream
    }

    /// - Parameter abruptly: both peers get a reset, and what is on its way is lost.
    func closeSockets(abruptly: Bool) {
        isClosed = true
        for socket in [client, upstream] where socket >= 0 {
            if abruptly {
                var nothing = linger(l_onoff: 1, l_linger: 0)
                setsockopt(socket, SOL_SOCKET, SO_LINGER, &nothing, socklen_t(MemoryLayout<linger>.size))
            }
            close(socket)
        }
    }
}
