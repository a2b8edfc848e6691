/// An HTTP proxy that requests go through (RFC 9110, section 7.3.2).
package struct ForwardProxy: Sendable, Equatable {
    package var address: HostAndPort
    /// The value of Proxy-Authorization: a secret.
    package var authorization: String?

    package init(address: HostAndPort, authorization: String? = nil) {
        self.address = address
        self.authorization = authorization
    }
}
