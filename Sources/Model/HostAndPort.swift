/// Where a server listens.
package struct HostAndPort: Sendable, Equatable {
    /// An IPv4 or IPv6 literal, or a name.
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

extension HostAndPort {
    /// Reads `10.0.0.7:8443` or `[::1]:8443`; nil for anything else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/@[]?#".utf8.contains($0) }) else {
            return nil
        }
        self.init(host: host, port: port)
    }
}

extension ForwardProxy {
    /// Reads `http://proxy:3128`, `proxy:3128` or `proxy`, whose port is that of curl; nil for anything else, such as a proxy
    /// that is spoken to over TLS or SOCKS.
    package init?(_ text: String) {
        var rest = text
        if rest.lowercased().hasPrefix("http://") { rest = String(rest.dropFirst(7)) }
        if rest.hasSuffix("/") { rest = String(rest.dropLast()) }
        guard let address = HostAndPort(rest) ?? HostAndPort("\(rest):1080"), !rest.contains("://") else { return nil }
        self.init(address: address)
    }
}
