/// Where a load goes.
package struct Endpoint: Sendable, Equatable {
    /// An IPv4 or IPv6 literal, or a name.
    package var host: String
    package var port: Int
    /// nil for plain HTTP.
    package var trust: CertificateTrust?
    /// Where connections go in its place, since it leads to the same server with less on the way; requests name `host`.
    package var shortcut: HostAndPort?
    /// The path of a Unix socket where connections go in its place.
    package var unixSocket: String?
    /// What a server with https is told of who asks.
    package var identity: ClientIdentity?
    /// What requests go through.
    package var proxy: ForwardProxy?

    package init(
        host: String, port: Int, trust: CertificateTrust? = nil, shortcut: HostAndPort? = nil,
        unixSocket: String? = nil, identity: ClientIdentity? = nil, proxy: ForwardProxy? = nil
    ) {
        self.host = host
        self.port = port
        self.trust = trust
        self.shortcut = shortcut
        self.unixSocket = unixSocket
        self.identity = identity
        self.proxy = proxy
    }

    /// For a person.
    package var address: String { "\(host):\(port)" }

    /// The value of the Host field: a literal of IPv6 in brackets, the usual port left out (RFC 9110, section 7.2).
    package var authority: String {
        let name = host.utf8.contains(0x3A) ? "[\(host)]" : host
        return port == (trust == nil ? 80 : 443) ? name : "\(name):\(port)"
    }
}
