import CLinux
import Foundation
import Model

/// Sockets in the file system (unix(7)).
enum UnixSocket {
    /// - Parameters:
    ///   - backlog: how many connections may wait to be accepted.
    ///   - waits: whether accepting waits for a connection.
    static func listen(_ path: String, backlog: CInt = 16, waits: Bool = true) throws -> CInt {
        unlink(path)
        let address = try address(path)
        let socket = try make(waits ? 0 : CInt(SOCK_NONBLOCK.rawValue))
        guard address.withPointer({ bind(socket, $0, $1) }) == 0, Glibc.listen(socket, backlog) == 0 else {
            let why = String(cString: strerror(errno))
            close(socket)
            throw Problem(.machine, "cannot listen at \(path): \(why)")
        }
        return socket
    }

    static func connect(_ path: String) throws -> CInt {
        let address = try address(path)
        let socket = try make(0)
        guard address.withPointer({ Glibc.connect(socket, $0, $1) }) == 0 else {
            let why = String(cString: strerror(errno))
            close(socket)
            throw Problem(.machine, "nobody answers at \(path): \(why)")
        }
        return socket
    }

    private static func make(_ flags: CInt) throws -> CInt {
        let socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) | flags, 0)
        guard socket >= 0 else { throw Problem(.machine, "no descriptor is left", nextStep: "Raise `ulimit -n`.") }
        return socket
    }

    private static func address(_ path: String) throws -> ProxyAddress {
        guard let address = ProxyAddress(path: path) else {
            throw Problem(.usage, "the path is too long for a socket: \(path)")
        }
        return address
    }
}
