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
