import Foundation
import Synchronization

/// A server that keeps what it is asked, and answers by a function: enough of HTTP/1.1 for one client after the other.
package final class RecordingServer: Sendable {
    package struct Request: Sendable, Equatable {
        package var method: String
        package var target: String
        package var headers: [String: String]
        package var body: [UInt8]
    }

    package struct Answer: Sendable {
        package var status: Int
        package var headers: [(name: String, value: String)]
        package var body: String

        package init(status: Int = 200, headers: [(name: String, value: String)] = [], body: String = "{}") {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    package let port: Int
    private let listener: Int32
    private let answer: @Sendable (Request) -> Answer
    private let received = Mutex<[Request]>([])

    package var requests: [Request] { received.withLock { $0 } }

    package init(_ answer: @escaping @Sendable (Request) -> Answer = { _ in Answer() }) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        self.answer = answer
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) } == 0
        }
        guard isBound, listen(listener, 100) == 0 else { throw TestFailure("cannot listen") }
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &size) }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        let thread = Thread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Thread { [self] in serve(connection) }.start()
            }
        }
        thread.start()
    }

    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var bytes: [UInt8] = []
        while let request = read(&bytes, from: connection) {
            received.withLock { $0.append(request) }
            let answer = answer(request)
            var text = "HTTP/1.1 \(answer.status) X\r\n"
            for (name, value) in answer.headers { text += "\(name): \(value)\r\n" }
            // Neither has a body (RFC 9110, section 6.4.1).
            let body = request.method == "HEAD" || answer.status == 204 ? "" : answer.body
            if answer.status != 204 { text += "Content-Length: \(answer.body.utf8.count)\r\n" }
            text += "\r\n\(body)"
            let output = Array(text.utf8)
            guard send(connection, output, output.count, Int32(MSG_NOSIGNAL)) == output.count else { return }
        }
    }

    private func more(_ bytes: inout [UInt8], from connection: Int32) -> Bool {
        var part = [UInt8](repeating: 0, count: 65_536)
        let count = recv(connection, &part, part.count, 0)
        guard count > 0 else { return false }
        bytes += part[..<count]
        return true
    }

    private func read(_ bytes: inout [UInt8], from connection: Int32) -> Request? {
        while true {
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                let words = lines[0].split(separator: " ").map(String.init)
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
                    guard parts.count == 2 else { continue }
                    headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
                }
                if headers["expect"]?.lowercased() == "100-continue" {
                    let go = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
                    send(connection, go, go.count, Int32(MSG_NOSIGNAL))
                }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                while bytes.count - end.upperBound < length { guard more(&bytes, from: connection) else { return nil } }
                let body = Array(bytes[end.upperBound..<end.upperBound + length])
                bytes.removeFirst(end.upperBound + length)
                guard words.count == 3 else { return nil }
                return Request(method: words[0], target: words[1], headers: headers, body: body)
            }
            guard more(&bytes, from: connection) else { return nil }
        }
    }
}

package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
