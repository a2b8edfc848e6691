import CLinux
import FaultProxy
import Foundation
import Model

/// A socket of a test, which waits 30 s at the most.
struct Peer: Sendable {
    let socket: CInt

    init(_ socket: CInt) {
        self.socket = socket
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// - Returns: the listening socket and its port.
    static func listen() -> (peer: Peer, port: Int) {
        let made = Peer(Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        _ = withLoopback(0) { bind(made.socket, $0, $1) }
        _ = Glibc.listen(made.socket, 4096)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(made.socket, $0, &length) }
        }
        return (made, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// - Returns: nil when it is refused.
    static func connect(_ port: Int) -> Peer? {
        let made = Peer(Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        if withLoopback(port, { Glibc.connect(made.socket, $0, $1) }) == 0 { return made }
        made.close()
        return nil
    }

    /// - Returns: the socket that listens at a path.
    static func listen(at path: String) -> Peer {
        let made = Peer(Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        _ = withPath(path) { bind(made.socket, $0, $1) }
        _ = Glibc.listen(made.socket, 4096)
        return made
    }

    /// - Returns: nil when it is refused; `errno` then says how.
    static func connect(to path: String) -> Peer? {
        let made = Peer(Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        if withPath(path, { Glibc.connect(made.socket, $0, $1) }) == 0 { return made }
        let number = errno
        made.close()
        errno = number
        return nil
    }

    func accept() -> Peer { Peer(Glibc.accept(socket, nil, nil)) }

    /// - Returns: whether all of it went.
    @discardableResult
    func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
            let count = Glibc.send(socket, rest.baseAddress, rest.count, CInt(MSG_NOSIGNAL))
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { send($0) } }

    /// - Returns: what came; empty at the end, nil when the connection failed, `errno` then says how.
    func receive(_ most: Int = 65_536) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: most)
        let count = recv(socket, &bytes, most, 0)
        return count < 0 ? nil : Array(bytes[..<count])
    }

    /// - Returns: as many bytes, or fewer where the connection ended.
    func receiveText(_ count: Int) -> String {
        var bytes: [UInt8] = []
        while bytes.count < count, let more = receive(count - bytes.count), !more.isEmpty { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    func endSending() { shutdown(socket, CInt(SHUT_WR)) }

    func close() { Glibc.close(socket) }

    private static func withPath<Answer>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Answer
    ) -> Answer {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }

    private static func withLoopback<Answer>(
        _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Answer
    ) -> Answer {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}

/// What connections to a part and to its proxy are made of.
enum Transport: CaseIterable { case tcp, unix }

/// A proxy for a part, `part`, that a test plays.
struct ProxiedPart: Sendable {
    let proxy: ProxyServer
    /// Where the part listens.
    let listener: Peer
    /// 0 of Unix sockets.
    let port: Int
    /// Of the Unix sockets; nil of TCP.
    private let folder: String?

    init(_ transport: Transport = .tcp, seed: UInt64 = 1, host: String = "127.0.0.1") throws {
        proxy = try ProxyServer(seed: seed)
        switch transport {
        case .tcp:
            let (listener, own) = Peer.listen()
            self.listener = listener
            folder = nil
            port = try proxy.listen(
                "part", at: HostAndPort(host: "127.0.0.1", port: 0), upstream: HostAndPort(host: host, port: own))
        case .unix:
            let folder = "/tmp/storelab-proxy-\(UUID().uuidString.prefix(8))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            listener = Peer.listen(at: folder + "/part")
            self.folder = folder
            port = try proxy.listen(
                "part", at: HostAndPort(host: folder + "/proxy", port: 0),
                upstream: HostAndPort(host: folder + "/part", port: 0))
        }
    }

    /// A client's connection to the proxy.
    func dial() -> Peer? { folder.map { Peer.connect(to: $0 + "/proxy") } ?? Peer.connect(port) }

    /// A connection through the proxy, from both ends.
    func connect() -> (client: Peer, server: Peer)? {
        guard let client = dial() else { return nil }
        return (client, listener.accept())
    }

    func end() {
        proxy.end()
        listener.close()
        if let folder { try? FileManager.default.removeItem(atPath: folder) }
    }
}

/// Bytes that do not repeat soon, the same for sender and receiver.
struct Pattern: Sendable {
    private static let size = 1_000_003
    private let bytes: [UInt8]

    init(seed: UInt64) {
        var state = seed
        var words: [UInt64] = []
        for _ in 0..<Self.size / 8 + 1 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            words.append(state)
        }
        bytes = Array(words.withUnsafeBytes { $0[..<Self.size] })
    }

    /// Sends so many bytes in chunks of random length.
    func send(_ total: Int, over peer: Peer) -> Bool {
        var sent = 0
        while sent < total {
            let place = sent % Self.size
            let count = min(Int.random(in: 1...200_000), total - sent, Self.size - place)
            guard bytes[place..<place + count].withUnsafeBytes({ peer.send($0) }) else { return false }
            sent += count
        }
        return true
    }

    /// - Returns: how many bytes came before the end or the first one that was wrong.
    func receive(from peer: Peer, atMost most: Int = .max) -> Int {
        var received = 0
        while received < most, let more = peer.receive(Int.random(in: 1...200_000)), !more.isEmpty {
            var checked = 0
            while checked < more.count {
                let place = (received + checked) % Self.size
                let count = min(more.count - checked, Self.size - place)
                let isSame = bytes.withUnsafeBytes { mine in
                    more.withUnsafeBytes { theirs in
                        guard let own = mine.baseAddress, let other = theirs.baseAddress else { return false }
                        return memcmp(own + place, other + checked, count) == 0
                    }
                }
                guard isSame else { return received }
                checked += count
            }
            received += more.count
        }
        return received
    }
}
