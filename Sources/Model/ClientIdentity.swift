/// Who a client says it is, to a server with https that asks for it: PEM files.
package struct ClientIdentity: Codable, Sendable, Equatable {
    /// Its certificate, and those between it and an authority.
    package var certificate: String
    /// Its private key, which may stand in the same file.
    package var key: String

    package init(certificate: String, key: String? = nil) {
        self.certificate = certificate
        self.key = key ?? certificate
    }
}
