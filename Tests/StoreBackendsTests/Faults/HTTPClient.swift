import Glibc

/// Asks one store after the other over a connection that it keeps while it can. Calls block.
final class HTTPClient {
    struct Answer: Equatable {
        var status: Int
        var body: String

        /// The number behind a name in the body.
        func number(_ name: String) -> Int? {
            guard let range = body.firstRange(of: "\"\(name)\":") else { return nil }
            return Int(body[range.upperBound...].prefix { $0.isNumber })
        }
    }

    private let port: Int
    private var descriptor: Int32 = -1

    init(port: Int) {
        self.port = port
    }

    deinit { disconnect() }

    func disconnect() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// - Returns: nil when the connection broke or the answer took more than 10 s: nobody knows what became of it.
    func ask(_ method: String, _ path: String, _ body: String = "") -> Answer? {
        if descriptor < 0 { connectToStore() }
        guard descriptor >= 0 else { return nil }
        let request =
            "\(method) \(path) HTTP/1.1\r\nHost: store\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let bytes = Array(request.utf8)
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count, let answer = receive()
        else {
            disconnect()
            return nil
        }
        return answer
    }

    private func connectToStore() {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status != 0 { disconnect() }
    }

    private func receive() -> Answer? {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            text += String(decoding: buffer[..<count], as: UTF8.self)
            guard let head = text.firstRange(of: "\r\n\r\n"), let length = Self.length(text[..<head.lowerBound]) else {
                continue
            }
            let body = text[head.upperBound...]
            guard body.utf8.count >= length else { continue }
            return Int(text.dropFirst(9).prefix(3)).map { Answer(status: $0, body: String(body)) }
        }
    }

    private static func length(_ head: Substring) -> Int? {
        head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst("content-length:".count).drop { $0 == " " }) }
    }
}
