import CLinux
import Glibc

/// An IPv4 or IPv6 address with a port.
struct SocketAddress: Sendable {
    private let storage: sockaddr_storage
    private let length: socklen_t

    var family: CInt { CInt(storage.ss_family) }

    /// Asks the system for the first address of a name or literal; may block.
    static func resolve(_ host: String, port: Int) -> SocketAddress? {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let first = found else { return nil }
        defer { freeaddrinfo(first) }
        guard let address = first.pointee.ai_addr else { return nil }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(first.pointee.ai_addrlen)))
        }
        return SocketAddress(storage: storage, length: first.pointee.ai_addrlen)
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
