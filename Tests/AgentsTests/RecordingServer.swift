import Glibc
import Synchronization
import Threads

/// A server that answers everything with `{"n":…}`, the number of the request, and remembers each request.
final class RecordingServer: Sendable {
    private let seen = Mutex<[String]>([])
    private let listener: CInt
    let port: Int

    /// Of each request its first line and its body, in the order in which they came.
    var requests: [String] { seen.withLock { $0 } }

    init() throws {
        listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, size) = (listener, length)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 1024) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw NoPort() }
        port = Int(UInt16(bigEndian: address.sin_port))
        _ = SystemThread.detach { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                _ = SystemThread.detach { self.serve(connection) }
            }
        }
    }

    struct NoPort: Error {}

    func end() { shutdown(listener, CInt(SHUT_RDWR)) }

    private func serve(_ connection: CInt) {
        BrokenPipes.ignore()
        defer { close(connection) }
        var held: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            held += buffer[..<count]
            while let end = held.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound {
                let head = String(decoding: held[..<end], as: UTF8.self)
                let lines = head.split(separator: "\r\n")
                let length = lines.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
                guard held.count >= end + length else { break }
                let body = String(decoding: held[end..<end + length], as: UTF8.self)
                held.removeFirst(end + length)
                let number = seen.withLock { seen in
                    seen.append("\(lines[0]) \(body)")
                    return seen.count
                }
                let answer = "{\"n\":\(number)}"
                let text =
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(answer.utf8.count)\r\n\r\n\(answer)"
                _ = Array(text.utf8).withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
            }
        }
    }
}
