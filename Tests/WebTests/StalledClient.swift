import Foundation
import TestSupport

/// A client that sends a request and reads nothing of the answer.
struct StalledClient: Sendable {
    private let socket: Int32
    private let port: Int
    private let ownPort: UInt16

    init(port: Int, _ request: String) throws {
        self.port = port
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var room: Int32 = 4096
        setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let socket = socket
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard connected, let own = Self.port(of: socket, getsockname) else { throw TestFailure("cannot connect") }
        ownPort = own
        _ = Array(request.utf8).withUnsafeBytes { write(socket, $0.baseAddress, $0.count) }
    }

    /// Whether the server, which is in this process, has its end of the connection open.
    var isServed: Bool {
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return descriptors.compactMap { Int32($0) }.contains { descriptor in
            Self.port(of: descriptor, getpeername) == ownPort
                && Self.port(of: descriptor, getsockname) == UInt16(port)
        }
    }

    private static func port(
        of socket: Int32,
        _ end: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> UInt16? {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let found = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { end(socket, $0, &size) == 0 }
        }
        return found && address.sin_family == sa_family_t(AF_INET) ? UInt16(bigEndian: address.sin_port) : nil
    }

    func close() { Glibc.close(socket) }
}
