import CLinux
import Glibc

/// An IPv4 or IPv6 address with a port.
struct SocketAddress: Sendable {
    private let storage: sockaddr_storage
    private let length: socklen_t

    var family: CInt { CInt(storage.ss_family) }

    /// Asks the system for all addresses of a name or literal, the one to prefer first (RFC 6724); may block.
    static func resolve(_ host: String, port: Int) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0 else { return [] }
        defer { freeaddrinfo(found) }
        var addresses: [SocketAddress] = []
        var next = found
        while let entry = next?.pointee {
            if let address = entry.ai_addr, Int(entry.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size {
                var storage = sockaddr_storage()
                withUnsafeMutableBytes(of: &storage) { bytes in
                    bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen)))
                }
                addresses.append(SocketAddress(storage: storage, length: entry.ai_addrlen))
            }
            next = entry.ai_next
        }
        return addresses
    }

    /// A socket in the file system (unix(7)); nil where the path is too long.
    static func unix(_ path: String) -> SocketAddress? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
            return nil
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { target in
            withUnsafeBytes(of: &address) { target.copyMemory(from: $0) }
        }
        return SocketAddress(storage: storage, length: socklen_t(MemoryLayout<sockaddr_un>.size))
    }

    /// 127.0.0.1 + `offset`, any port. The whole of 127.0.0.0/8 is this machine (RFC 1122, section 3.2.1.3).
    static func loopback(offset: Int) -> SocketAddress {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = (0x7F00_0001 + UInt32(offset)).bigEndian
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { bytes in
            withUnsafeBytes(of: &address) { bytes.copyMemory(from: $0) }
        }
        return SocketAddress(storage: storage, length: socklen_t(MemoryLayout<sockaddr_in>.size))
    }

    /// Whether it lies in 127.0.0.0/8.
    var isLoopback4: Bool {
        guard family == AF_INET else { return false }
        return withPointer { pointer, _ in
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt32(bigEndian: $0.pointee.sin_addr.s_addr) >> 24 == 127
            }
        }
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}

extension SocketAddress: Equatable, CustomStringConvertible {
    static func == (one: SocketAddress, other: SocketAddress) -> Bool {
        one.length == other.length
            && withUnsafeBytes(of: one.storage) { first in
                withUnsafeBytes(of: other.storage) {
                    first.prefix(Int(one.length)).elementsEqual($0.prefix(Int(one.length)))
                }
            }
    }

    /// Address and port in digits, that of IPv6 in brackets.
    var description: String {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let result = withPointer {
            getnameinfo(
                $0, $1, &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
        }
        guard result == 0 else { return "an address" }
        let parts = [host, port].map {
            String(decoding: $0.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return family == AF_INET6 ? "[\(parts[0])]:\(parts[1])" : "\(parts[0]):\(parts[1])"
    }
}

/// Where connections come from. One address has some 28,000 ports towards one target; on this machine there are more
/// addresses, towards others there is one.
struct SourceAddresses: Sendable {
    /// The kernel's search for a free port takes a quarter of the time of 15,000 connections when one address has them all.
    private static let perAddress = 4_000
    private static let most = 250
    private let isLocal: Bool
    /// Addresses whose ports are found to be used up.
    private var shift = 0

    init(target: SocketAddress) {
        isLocal = target.isLoopback4
    }

    var count: Int { isLocal ? Self.most : 1 }

    /// - Parameter number: of the connection among all of the load.
    mutating func connect(to target: SocketAddress, number: Int) -> Result<Socket, SocketError> {
        while true {
            let offset = number / Self.perAddress + shift
            let source = isLocal && offset > 0 ? SocketAddress.loopback(offset: offset % Self.most) : nil
            let result = Socket.connect(to: target, from: source)
            guard case .failure(let error) = result, error.code == EADDRNOTAVAIL, isLocal, shift < Self.most else {
                return result
            }
            shift += 1
        }
    }
}
