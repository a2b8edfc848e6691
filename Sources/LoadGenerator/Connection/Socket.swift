import CLinux
import Glibc
import Model

/// One TCP connection to the target that never blocks.
struct Socket: Sendable {
    let descriptor: CInt
    /// nil for a plain connection.
    private(set) var tls: TLSSession?
    /// Of a connection through a proxy. It is held until the socket is closed, and no reference is counted meanwhile.
    private var tunnel: Unmanaged<Tunnel>?

    enum Read {
        /// At least one. When the last of them came in, in nanoseconds of the wall clock; nil when unknown.
        case bytes(Int, arrived: UInt64?)
        case nothingYet
        /// The peer has closed its side.
        case end
        case failed(SocketError)
    }

    /// Begins a connection; the poller says when it stands.
    /// - Parameter source: the local address, for targets on this machine; nil lets the system choose.
    static func connect(to target: SocketAddress, from source: SocketAddress?) -> Result<Socket, SocketError> {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(target.family, kind, 0)
        guard descriptor >= 0 else { return .failure(SocketError(errno)) }
        var on: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        stamp_arrivals(descriptor)
        if let source {
            // The port is chosen when the connection is made, so that one port may serve towards several targets.
            setsockopt(descriptor, CInt(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &on, socklen_t(MemoryLayout<CInt>.size))
            _ = source.withPointer { bind(descriptor, $0, $1) }
        }
        if target.withPointer({ Glibc.connect(descriptor, $0, $1) }) != 0, errno != EINPROGRESS {
            let error = SocketError(errno)
            Glibc.close(descriptor)
            return .failure(error)
        }
        return .success(Socket(descriptor: descriptor))
    }

    private init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// - Parameters:
    ///   - ticket: of an earlier connection.
    ///   - spare: of one that is over.
    /// - Returns: the same connection, to be secured once it stands; nil when memory is short.
    func secured(
        by context: TLSContext, resuming ticket: TLSTicket? = nil, reusing spare: TLSSession? = nil
    ) -> Socket? {
        var socket = self
        socket.tls = context.session(on: descriptor, resuming: ticket, reusing: spare)
        return socket.tls == nil ? nil : socket
    }

    /// - Parameter request: what a proxy is asked before anything else is said.
    func tunnelled(by request: [UInt8]) -> Socket {
        var socket = self
        socket.tunnel = .passRetained(Tunnel(request))
        return socket
    }

    /// Whether more is to be said on the connection before it stands.
    var needsIntroduction: Bool { tls != nil || tunnel != nil }

    /// What comes before the first request, once the connection is made.
    func introduce() -> TLSSession.Handshake {
        if let tunnel {
            let progress = tunnel.takeUnretainedValue().advance(over: descriptor)
            guard case .done = progress else { return progress }
        }
        return tls?.handshake() ?? .done
    }

    /// What became of the connection that was begun; 0 when it stands.
    var pendingError: CInt {
        var error: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length)
        return error
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Read {
        if let tls { return tls.read(into: buffer) }
        var arrived: UInt64 = 0
        let count = receive_stamped(descriptor, buffer.baseAddress, buffer.count, &arrived)
        if count > 0 { return .bytes(count, arrived: arrived > 0 ? arrived : nil) }
        if count == 0 { return .end }
        return errno == EAGAIN || errno == EINTR ? .nothingYet : .failed(SocketError(errno))
    }

    /// Whether the read that gave `count` bytes of at most `most` left nothing to be read.
    func isEmptied(by count: Int, of most: Int) -> Bool { tls?.isEmpty ?? (count < most) }

    /// - Returns: how many bytes went out; nil when the connection has failed.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
        if let tls { return tls.write(bytes) }
        let count = send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    /// Whether the peer's system has taken nothing of a request of this length that was written last: it had closed the
    /// connection before, so no program has seen the request.
    func hasNotDelivered(_ length: Int) -> Bool { was_not_acknowledged(descriptor, UInt64(length)) == 1 }

    /// - Parameters:
    ///   - resetting: ends it with RST, so that its port is free at once and not after a minute (TIME_WAIT, RFC 9293,
    ///     section 3.6.1).
    ///   - spares: what secured the connection goes there.
    func close(resetting: Bool = false, sparing spares: SpareSessions? = nil) {
        if resetting {
            var abort = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abort, socklen_t(MemoryLayout<linger>.size))
        }
        if let tls { if let spares { spares.keep(tls) } else { tls.free() } }
        tunnel?.release()
        Glibc.close(descriptor)
    }
}

/// Why there is no connection, by the kinds that are counted.
struct SocketError: Error, Sendable, Equatable {
    let kind: FailureKind
    let code: CInt
    private let detail: String?

    /// The connection stands, but could not be secured.
    init(tls detail: String) {
        self.detail = detail
        code = EPROTO
        kind = .tls
    }

    /// The proxy is reached, but not the target.
    init(proxy detail: String) {
        self.detail = detail
        code = EPROTO
        kind = .connect
    }

    /// The connection stands, but the server does not speak HTTP/2 on it.
    init(http2 detail: String) {
        self.detail = detail
        code = EPROTO
        kind = .malformed
    }

    /// The handshake did not choose HTTP/2 (ALPN, RFC 7301).
    static let noHTTP2 = SocketError(
        tls: "the server does not offer HTTP/2 on this port (ALPN without h2); load it over HTTP/1.1")

    init(_ code: CInt) {
        self.code = code
        detail = nil
        switch code {
        case ECONNREFUSED: kind = .refused
        case ECONNRESET: kind = .reset
        case ETIMEDOUT: kind = .timeout
        case EADDRNOTAVAIL, EADDRINUSE, EMFILE, ENFILE, ENOBUFS, ENOMEM: kind = .exhausted
        default: kind = .connect
        }
    }

    var words: String {
        if let detail { return detail }
        let system = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return switch code {
        case ECONNREFUSED: "nothing listens: connection refused"
        case ECONNRESET: "the connection was reset"
        case EADDRNOTAVAIL, EADDRINUSE: "no local port is left towards this target (\(system))"
        case EMFILE, ENFILE: "the limit of open files is reached (\(system)); raise `ulimit -n`"
        default: system
        }
    }
}
