import CLinux
import Foundation
import Model

/// Sockets in the file system (unix(7)).
enum UnixSocket {
    static func listen(_ path: String) throws -> CInt {
        unlink(path)
        let socket = try make()
        guard try withAddress(path, { bind(socket, $0, $1) }) == 0, Glibc.listen(socket, 16) == 0 else {
            let why = String(cString: strerror(errno))
            close(socket)
            throw Problem(.machine, "cannot listen at \(path): \(why)")
        }
        return socket
    }

    static func connect(_ path: String) throws -> CInt {
        let socket = try make()
        guard try withAddress(path, { Glibc.connect(socket, $0, $1) }) == 0 else {
            let why = String(cString: strerror(errno))
            close(socket)
            throw Problem(.machine, "nobody answers at \(path): \(why)")
        }
        return socket
    }

    private static func make() throws -> CInt {
        let socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Problem(.machine, "no descriptor is left", nextStep: "Raise `ulimit -n`.") }
        return socket
    }

    private static func withAddress<Answer>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Answer
    ) throws -> Answer {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Problem(.usage, "the path is too long for a socket: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
