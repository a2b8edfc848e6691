import Foundation

/// Addresses of a host as the system takes them.
struct Dialled {
    let storage: sockaddr_storage
    let length: socklen_t

    /// Those of an IPv4 or IPv6 literal or of a name, in the order in which the system names them; none for a name that has
    /// none. Blocks while it asks.
    static func addresses(of host: String, port: Int) -> [Dialled] {
        // Whatever the system's table says, it is both of the loopback interface's (RFC 6761, section 6.3).
        if host == "localhost" { return ["127.0.0.1", "::1"].flatMap { Self.addresses(of: $0, port: port) } }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0 else { return [] }
        defer { freeaddrinfo(found) }
        var addresses: [Dialled] = []
        var next = found
        while let entry = next {
            var storage = sockaddr_storage()
            if let address = entry.pointee.ai_addr {
                withUnsafeMutableBytes(of: &storage) {
                    $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(entry.pointee.ai_addrlen)))
                }
                addresses.append(Dialled(storage: storage, length: entry.pointee.ai_addrlen))
            }
            next = entry.pointee.ai_next
        }
        return addresses
    }

    /// As a literal, for example `::1`.
    var literal: String {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let isNamed = withPointer { getnameinfo($0, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 }
        return isNamed ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) : ""
    }

    /// A connection to it, which gives up after half a second without an answer; nil when nobody listens.
    func connected() -> Int32? {
        let descriptor = socket(
            Int32(storage.ss_family), Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var limit = timeval(tv_sec: 0, tv_usec: 500_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if withPointer({ connect(descriptor, $0, length) }) == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    private func withPointer<Answer>(_ body: (UnsafePointer<sockaddr>) -> Answer) -> Answer {
        withUnsafePointer(to: storage) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }
}
