import Foundation

/// Questions to a server on this machine: is it there, and is it what it should be?
package enum Probe: Sendable, Equatable {
    /// Greets first, with protocol version 10.
    case mysql
    case redis
    /// Answers 200 to a GET of the path.
    case http(path: String)
    /// Answers to a GET of the path, with a status below 500.
    case answers(path: String)
    /// Takes a connection.
    case anything

    /// Asks once. Takes at most half a second to connect, and as long for the answer.
    /// - Parameter host: an IPv4 address.
    func succeeds(host: String = "127.0.0.1", port: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: ask(host, port)) }
        }
    }

    private func ask(_ host: String, _ port: Int) -> Bool {
        Self.withConnection(to: port, of: host) { descriptor in
            guard self != .anything else { return true }
            return Self.exchange(question, over: descriptor, most: 256).map(accepts) ?? false
        } ?? false
    }

    /// - Returns: nil when nobody listens.
    static func withConnection<Answer>(
        to port: Int, of host: String = "127.0.0.1", _ body: (Int32) -> Answer?
    ) -> Answer? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 0, tv_usec: 500_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard IPv4.withAddress(port, of: host, { connect(descriptor, $0, $1) }) == 0 else { return nil }
        return body(descriptor)
    }

    /// What the other side says first; nil when it says nothing.
    static func exchange(_ question: String, over descriptor: Int32, most: Int) -> ArraySlice<UInt8>? {
        let question = Array(question.utf8)
        guard send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else { return nil }
        var answer = [UInt8](repeating: 0, count: most)
        let length = recv(descriptor, &answer, answer.count, 0)
        return length > 0 ? answer[..<length] : nil
    }

    private var question: String {
        switch self {
        case .mysql, .anything: ""
        case .redis: "PING\r\n"
        case .http(let path), .answers(let path): Self.get(path)
        }
    }

    static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" }

    private func accepts(_ answer: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .mysql: answer.count > 4 && answer[answer.startIndex + 4] == 10
        case .anything: true
        case .redis: answer.starts(with: Array("+PONG".utf8))
        case .http: answer.starts(with: Array("HTTP/1.1 200".utf8))
        case .answers:
            answer.starts(with: Array("HTTP/1.".utf8)) && answer.count > 9
                && answer[answer.startIndex + 9] < UInt8(ascii: "5")
        }
    }
}

/// Ports on 127.0.0.1.
enum LoopbackPort {
    /// A port that nobody has right now. Somebody may take it before it is used: who uses it must be ready to ask again.
    static func free() -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard IPv4.withAddress(0, { bind(descriptor, $0, $1) }) == 0 else { return nil }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let named = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return named == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }

    /// Whether a server could listen there now.
    static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        return IPv4.withAddress(port, { bind(descriptor, $0, $1) }) == 0
    }
}

private enum IPv4 {
    /// - Parameter host: an IPv4 address; what is none leads nowhere.
    static func withAddress<Answer>(
        _ port: Int, of host: String = "127.0.0.1", _ body: (UnsafePointer<sockaddr>, socklen_t) -> Answer
    ) -> Answer {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
        if inet_pton(AF_INET, host, &address.sin_addr) != 1 { address.sin_family = .max }
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
