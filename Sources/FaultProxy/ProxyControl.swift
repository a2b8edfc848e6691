import CLinux
import Foundation
package import Model

/// Takes orders for a proxy, one JSON value a line, and answers each.
package struct ProxyControl: Sendable {
    private let server: ProxyServer

    package init(_ server: ProxyServer) { self.server = server }

    /// Carries an order out.
    package func answer(_ order: ProxyOrder) -> ProxyAnswer {
        do {
            var answer = ProxyAnswer(at: 0)
            switch order {
            case .listen(let part, let path, let upstream):
                let own = HostAndPort(host: path ?? "127.0.0.1", port: 0)
                answer.port = try server.listen(part, at: own, upstream: try Self.place(upstream))
            case .begin(let part, let action): try server.begin(action, on: part)
            case .end(let part, let action): try server.end(action, on: part)
            case .report: answer.passages = server.passages
            }
            answer.at = Self.clock
            return answer
        } catch {
            return ProxyAnswer(at: Self.clock, trouble: (error as? Problem)?.message ?? "\(error)")
        }
    }

    /// Reads orders until the controller is gone; then takes back all that is in force, so that no fault outlives who made it.
    /// The calling thread waits.
    /// - Parameter answers: where the answers go; the same descriptor where it is a socket.
    package func serve(orders: CInt, answers: CInt) {
        var unread = Data()
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(orders, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            unread.append(contentsOf: bytes[..<count])
            while let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = unread[unread.startIndex..<end]
                unread = Data(unread[(end + 1)...])
                guard !line.isEmpty else { continue }
                let answer =
                    (try? JSONDecoder().decode(ProxyOrder.self, from: line)).map(answer)
                    ?? ProxyAnswer(at: Self.clock, trouble: "this is no order")
                guard var text = try? JSONEncoder().encode(answer) else { continue }
                text.append(UInt8(ascii: "\n"))
                Self.write(text, to: answers)
            }
        }
        try? server.heal()
    }

    /// Serves one controller after the other at a socket in the file system. It does not end: without a controller the proxy
    /// lets everything pass.
    /// - Throws: `Problem` when the socket cannot be made.
    package func serve(at path: String) throws {
        let listener = try UnixSocket.listen(path)
        while true {
            let controller = accept(listener, nil, nil)
            guard controller >= 0 else {
                usleep(10_000)
                continue
            }
            serve(orders: controller, answers: controller)
            close(controller)
        }
    }

    /// Carries lines between this process's standard streams and the socket of a proxy until either ends.
    /// - Throws: `Problem` when nobody listens there.
    package static func relay(to path: String) throws {
        let socket = try UnixSocket.connect(path)
        defer { close(socket) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            var ends = [
                pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
                pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&ends, 2, -1) >= 0 || errno == EINTR else { return }
            for (end, target) in zip(ends, [socket, STDOUT_FILENO]) where end.revents != 0 {
                let count = read(end.fd, &bytes, bytes.count)
                guard count > 0 else { return }
                write(Data(bytes[..<count]), to: target)
            }
        }
    }

    /// - Parameter text: for example `mysql:3306` or `[::1]:3306`; or the path of a Unix socket, which becomes the host.
    package static func place(_ text: String) throws -> HostAndPort {
        if text.hasPrefix("/") { return HostAndPort(host: text, port: 0) }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { throw Problem(.usage, "\(text) is no address with a port, such as 127.0.0.1:3306") }
        return HostAndPort(host: text[..<colon].trimmingCharacters(in: ["[", "]"]), port: port)
    }

    private static var clock: Seconds { Double(ProxyLoop.clock) / 1e9 }

    private static func write(_ data: Data, to descriptor: CInt) {
        var rest = data[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
