/// Whose word about a server's certificate is taken.
package enum CertificateTrust: Codable, Sendable, Equatable {
    /// That of the certificate authorities which this machine trusts.
    case system
    /// That of the certificates in a PEM file; a self-made one of the server will do.
    case file(String)
    /// Nobody's: any certificate is taken unchecked.
    case any

    /// `any`, or a file.
    package init(named name: String) {
        self = name == "any" ? .any : .file(name)
    }
}
