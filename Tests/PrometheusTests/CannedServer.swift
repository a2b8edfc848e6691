import Dispatch
import Foundation
import Glibc

/// An HTTP server on a free port that gives every request the same reply and keeps what it was asked.
final class CannedServer: @unchecked Sendable {
    enum Reply {
        case answer(status: Int, body: String)
        case bytes(String)
        case silence
    }

    let port: Int
    var url: URL { URL(string: "http://127.0.0.1:\(port)") ?? URL(filePath: "/") }

    private let listener: Int32
    private let reply: Reply
    private let lock = NSLock()
    private var heard: [String] = []
    private var open: [Int32] = []
    private var served: Int32?
    private var isStopped = false
    /// Nothing is accepted or read any more.
    private let ended = DispatchSemaphore(value: 0)

    var requests: [String] { lock.withLock { heard } }

    init(_ reply: Reply) throws {
        self.reply = reply
        (listener, port) = try listen(backlog: 16)
        Thread.detachNewThread { [self] in
            defer { ended.signal() }
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                guard begin(connection) else {
                    close(connection)
                    return
                }
                serve(connection)
            }
        }
    }

    func stop() {
        lock.withLock {
            isStopped = true
            if let served { shutdown(served, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
        // The next socket has the number of one that is closed, and a thread that goes on would answer in its place.
        ended.wait()
        close(listener)
        lock.withLock { open.forEach { _ = close($0) } }
    }

    private func begin(_ connection: Int32) -> Bool {
        lock.withLock {
            served = isStopped ? nil : connection
            return !isStopped
        }
    }

    private func serve(_ connection: Int32) {
        let request = Self.request(from: connection)
        lock.withLock {
            heard.append(request)
            served = nil
        }
        let bytes: String
        switch reply {
        case .silence:
            lock.withLock { open.append(connection) }
            return
        case .bytes(let text): bytes = text
        case .answer(let status, let body):
            bytes = "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        }
        _ = bytes.withCString { send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        shutdown(connection, Int32(SHUT_WR))
        close(connection)
    }

    /// Header and body as one text.
    private static func request(from connection: Int32) -> String {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return text }
            text += String(decoding: buffer[..<count], as: UTF8.self)
            let parts = text.components(separatedBy: "\r\n\r\n")
            guard parts.count > 1 else { continue }
            let length = parts[0].lowercased().components(separatedBy: "content-length: ").last?.prefix { $0.isNumber }
            if parts[1].utf8.count >= length.flatMap({ Int($0) }) ?? 0 { return text }
        }
    }
}

struct NoPort: Error {}

/// A socket that listens on a free port of the loopback interface.
func listen(backlog: Int32) throws -> (socket: Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(listener, address, size) == 0 && listen(listener, backlog) == 0
                && getsockname(listener, address, &size) == 0
        }
    }
    guard bound else { throw NoPort() }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
}

/// A port that nothing listens on.
func freePort() throws -> Int {
    let (socket, port) = try listen(backlog: 1)
    close(socket)
    return port
}
