import CLinux
import Glibc
import Model

/// A part's stand-in: a listening socket, and where the part really is.
final class ProxyListener {
    /// What the bandwidth leaves to one direction of all connections.
    struct Gate {
        var bucket: TokenBucket
        /// Those that wait for their turn.
        var queue: [ProxyConnection] = []
        /// A time is set at which those in the queue are looked at.
        var isArmed = false
    }

    let part: String
    let place: HostAndPort
    /// The part's address where it needs no looking up; else it is looked up for each connection, since a container that
    /// starts again may have another.
    let known: [ProxyAddress]
    private(set) var socket: CInt
    /// 0 where it listens at a path.
    let port: Int
    /// Of the Unix socket at which it listens; nil for TCP.
    let path: String?
    var interference = Interference()
    var draws: RandomSource
    var gates: [ProxyConnection.Way: Gate] = [:]

    var connections = 0
    var open = 0
    var refused = 0
    var bytes: (up: Int, down: Int) = (0, 0)
    var times = PassageTimes()
    /// Of the chunks, for the choice of those that are timed.
    var chunks = 0

    private static let backlog: CInt = 4096

    /// - Throws: `Problem` when it cannot listen there.
    init(part: String, at own: HostAndPort, upstream: HostAndPort, seed: UInt64) throws {
        self.part = part
        place = upstream
        known = ProxyAddress.all(of: upstream, asking: false)
        draws = RandomSource(seed: seed, part: part)
        path = own.isPath ? own.host : nil
        (socket, port) = try path.map { (try Self.listen(atPath: $0), 0) } ?? Self.listen(at: own)
    }

    private static func listen(atPath path: String) throws -> CInt {
        try UnixSocket.listen(path, backlog: backlog, waits: false)
    }

    /// At a port that is free where 0 is asked for. It is bound by its number in any case: a socket keeps its port while it
    /// refuses connections only where the port was asked for.
    private static func listen(at own: HostAndPort) throws -> (socket: CInt, port: Int) {
        var why = ""
        for _ in 0..<(own.port == 0 ? 5 : 1) {
            var place = own
            if own.port == 0 {
                let trial = try bound(to: own)
                place.port = trial.port
                Glibc.close(trial.socket)
            }
            guard let (socket, port) = try? bound(to: place) else {
                why = String(cString: strerror(errno))
                continue
            }
            if Glibc.listen(socket, backlog) == 0 { return (socket, port) }
            why = String(cString: strerror(errno))
            Glibc.close(socket)
        }
        throw Problem(.machine, "cannot listen at \(own.host):\(own.port): \(why)")
    }

    private static func bound(to own: HostAndPort) throws -> (socket: CInt, port: Int) {
        guard let address = ProxyAddress.all(of: own, asking: true).first else {
            throw Problem(.usage, "there is no address \(own.host)")
        }
        let made = Glibc.socket(
            address.family, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard made >= 0 else { throw Problem(.machine, "no descriptor is left", nextStep: "Raise `ulimit -n`.") }
        guard address.withPointer({ bind(made, $0, $1) }) == 0, let port = ProxyAddress.port(of: made) else {
            let number = errno
            Glibc.close(made)
            errno = number
            throw Problem(.machine, "cannot listen at \(own.host):\(own.port): \(String(cString: strerror(number)))")
        }
        return (made, port)
    }

    /// New connections are refused by the system, as of a port at which nobody listens; those that wait to be accepted are
    /// reset. (On a listening TCP socket of Linux, `shutdown` is the opposite of `listen`; the socket keeps its port. A Unix
    /// socket cannot go back, but refuses once it is closed, as its file stays.)
    func refuse() {
        if path == nil { shutdown(socket, CInt(SHUT_RD)) } else { close() }
    }

    /// - Returns: false where somebody else has the port now. The socket may be another.
    func acceptAgain() -> Bool {
        guard let path else { return Glibc.listen(socket, Self.backlog) == 0 }
        guard let new = try? Self.listen(atPath: path) else { return false }
        socket = new
        return true
    }

    func close() {
        if socket >= 0 { Glibc.close(socket) }
        socket = -1
    }

    var passage: ProxyPassage {
        ProxyPassage(
            part: part, connections: connections, open: open, refused: refused, sent: bytes.up, received: bytes.down,
            median: times.percentile(50), p99: times.percentile(99))
    }
}
