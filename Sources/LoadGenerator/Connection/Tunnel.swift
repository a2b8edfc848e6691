import CLinux
import Glibc
import Model

/// The way through a proxy to the target, asked for before anything else is said on a connection (CONNECT; RFC 9110, section
/// 9.3.6). Confined to the thread of its connection.
final class Tunnel: @unchecked Sendable {
    private var unsent: ArraySlice<UInt8>
    private var head: [UInt8] = []
    private var stands = false

    private static let longest = 16_384
    private static let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]

    /// - Parameter request: head of the request to the proxy.
    init(_ request: [UInt8]) { unsent = request[...] }

    /// Goes on as far as the socket allows.
    func advance(over descriptor: CInt) -> TLSSession.Handshake {
        guard !stands else { return .done }
        while !unsent.isEmpty {
            let count = unsent.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { return waiting(or: SocketError(errno)) }
            unsent = unsent.dropFirst(count)
        }
        // What follows the head is the target's already: it is looked at first, and only the head is taken.
        var buffer = [UInt8](repeating: 0, count: 2048)
        while head.count < Self.longest {
            let seen = recv(descriptor, &buffer, buffer.count, CInt(MSG_PEEK))
            if seen == 0 { return .failed(SocketError(proxy: "the proxy closed the connection before it answered")) }
            guard seen > 0 else { return waiting(or: SocketError(errno)) }
            let before = head.count
            head += buffer[..<seen]
            let end = head.indices.dropFirst(max(0, before - 3)).first { head[$0...].starts(with: Self.end) }
            if let end { head.removeSubrange((end + 4)...) }
            _ = recv(descriptor, &buffer, head.count - before, 0)
            if end != nil { return verdict }
        }
        return .failed(SocketError(proxy: "the proxy's answer has no end"))
    }

    private var verdict: TLSSession.Handshake {
        let words = firstLine.split(separator: " ")
        guard words.count > 1, words[0].hasPrefix("HTTP/1."), words[1].count == 3, words[1].hasPrefix("2") else {
            return .failed(SocketError(proxy: "the proxy makes no connection to the target: it answered \(firstLine)"))
        }
        stands = true
        return .done
    }

    private var firstLine: String {
        String(decoding: head.prefix { $0 >= 0x20 && $0 < 0x7F }.prefix(200), as: UTF8.self)
    }

    private func waiting(or error: SocketError) -> TLSSession.Handshake {
        error.code == EAGAIN || error.code == EINTR ? .waiting : .failed(error)
    }
}

/// How the requests of a load reach their target where a proxy stands before it.
struct ProxyUse: Sendable {
    /// What each connection begins with; nil where the proxy reads the requests themselves.
    let connect: [UInt8]?
    /// Before the path of a request (absolute form; RFC 9112, section 3.2.2).
    private let origin: [UInt8]
    /// A line of its head, or nothing.
    private let authorization: [UInt8]

    /// - Parameter isTunnelled: the proxy is not to read what is sent.
    init(_ proxy: ForwardProxy, to endpoint: Endpoint, isTunnelled: Bool) {
        let authorization = proxy.authorization.map { "Proxy-Authorization: \($0)\r\n" } ?? ""
        self.authorization = Array(authorization.utf8)
        origin = Array("http://\(endpoint.authority)".utf8)
        let host = endpoint.shortcut?.host ?? endpoint.host
        let place = "\(host.utf8.contains(0x3A) ? "[\(host)]" : host):\(endpoint.shortcut?.port ?? endpoint.port)"
        let request = "CONNECT \(place) HTTP/1.1\r\nHost: \(place)\r\nUser-Agent: storelab\r\n\(authorization)\r\n"
        connect = isTunnelled ? Array(request.utf8) : nil
    }

    /// A request as the proxy is to have it.
    func written(_ request: [UInt8]) -> [UInt8] {
        guard connect == nil, let blank = request.firstIndex(of: 0x20), let line = request.firstIndex(of: 0x0A) else {
            return request
        }
        return request[...blank] + origin + request[(blank + 1)...line] + authorization + request[(line + 1)...]
    }
}
