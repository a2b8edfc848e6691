import Foundation
import TestSupport

/// A client that writes its requests byte by byte, so that it can say what no honest one would.
struct Client: Sendable {
    let port: Int

    /// - Parameter enough: gets what came last, and a little of what came before.
    /// - Returns: the whole answer, or as much as came until `enough` was satisfied.
    func send(_ request: String, enough: @escaping @Sendable (String) -> Bool = { _ in false }) async -> String {
        let port = port
        return await onThread {
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(socket) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard connected == 0 else { return "" }
            var patience = timeval(tv_sec: 10, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            _ = Array(request.utf8).withUnsafeBytes { write(socket, $0.baseAddress, $0.count) }
            var answer: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(socket, &part, part.count)
                guard count > 0 else { break }
                answer += part[..<count]
                if enough(String(decoding: answer.suffix(count + 1000), as: UTF8.self)) { break }
            }
            return String(decoding: answer, as: UTF8.self)
        }
    }

    func get(_ target: String, host: String = "localhost", headers: [String] = []) async -> String {
        await send(
            (["GET \(target) HTTP/1.1", "Host: \(host)", "Connection: close"] + headers).joined(separator: "\r\n")
                + "\r\n\r\n")
    }

    /// - Parameter origin: the page that it comes from; nil for none.
    func post(_ target: String, _ form: String, origin: String? = "http://localhost", headers: [String] = []) async
        -> String
    {
        let from = origin.map { ["Origin: \($0)"] } ?? []
        return await send(
            ([
                "POST \(target) HTTP/1.1", "Host: localhost", "Connection: close",
                "Content-Type: application/x-www-form-urlencoded", "Content-Length: \(form.utf8.count)",
            ] + from + headers).joined(separator: "\r\n") + "\r\n\r\n" + form)
    }
}

extension String {
    /// Of an answer.
    var status: Int { Int(split(separator: " ").dropFirst().first ?? "") ?? 0 }
}
