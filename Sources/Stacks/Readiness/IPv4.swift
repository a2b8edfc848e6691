import Foundation

/// Addresses as the system takes them.
enum IPv4 {
    /// - Parameter host: an IPv4 address; what is none leads nowhere.
    static func withAddress<Answer>(
        _ port: Int, of host: String = "127.0.0.1", _ body: (UnsafePointer<sockaddr>, socklen_t) -> Answer
    ) -> Answer {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
        if inet_pton(AF_INET, host, &address.sin_addr) != 1 { address.sin_family = .max }
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
