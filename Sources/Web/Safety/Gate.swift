import Foundation

/// Who may ask. A page of another site runs in the same browser as ours, so the address alone proves nothing: the name that
/// was asked for must be ours (else a foreign name was made to lead here), and what changes something must come from our
/// own page.
package struct Gate: Sendable {
    package enum Refusal: Sendable, Equatable {
        /// The `Host` is none of ours: DNS rebinding.
        case host
        /// It comes from a page of another origin, or from no page at all: cross-site request forgery.
        case origin
        /// The token is missing or wrong.
        case token
    }

    /// What of a request matters here.
    package struct Asked: Sendable {
        package var changesSomething: Bool
        package var host: String?
        package var origin: String?
        package var site: String?
        /// From the link or the cookie.
        package var token: String?

        package init(changesSomething: Bool, host: String?, origin: String?, site: String?, token: String?) {
            self.changesSomething = changesSomething
            self.host = host
            self.origin = origin
            self.site = site
            self.token = token
        }
    }

    /// Names under which a proxy shows the pages; in lower case.
    private let publicNames: Set<String>
    private let isLoopback: Bool
    package let token: String?

    /// - Parameters:
    ///   - isLoopback: the server can be reached from this machine only.
    ///   - token: without which nothing is answered; nil for none.
    package init(isLoopback: Bool, publicNames: [String], token: String?) {
        self.isLoopback = isLoopback
        self.publicNames = Set(publicNames.map { $0.lowercased() })
        self.token = token
    }

    package func refusal(of asked: Asked) -> Refusal? {
        guard let host = asked.host, isOurs(Self.name(of: host)) else { return .host }
        if let token, !Self.isSame(token, asked.token ?? "") { return .token }
        return asked.changesSomething && !isOwnPage(asked, host) ? .origin : nil
    }

    private func isOurs(_ name: String) -> Bool {
        if name == "localhost" || publicNames.contains(name) { return true }
        // A literal address was resolved by nobody, so that it cannot be rebound.
        return isLoopback ? Self.isLoopback(name) : Self.isAddress(name)
    }

    /// Browsers name the origin of every request that can change something, and newer ones say how it relates to ours.
    private func isOwnPage(_ asked: Asked, _ host: String) -> Bool {
        if let site = asked.site, site != "same-origin" { return false }
        guard let origin = asked.origin else { return asked.site == "same-origin" }
        guard let scheme = origin.range(of: "://") else { return false }
        let authority = origin[scheme.upperBound...].lowercased()
        return authority == host.lowercased() || publicNames.contains(Self.name(of: authority))
    }

    /// Without its port, in lower case; an address of IPv6 without brackets.
    private static func name(of authority: String) -> String {
        let lower = authority.lowercased()
        if lower.hasPrefix("[") { return String(lower.dropFirst().prefix { $0 != "]" }) }
        return String(lower.prefix { $0 != ":" })
    }

    /// An address that leads to this machine only.
    package static func isLoopback(_ name: String) -> Bool {
        name == "::1" || (isAddress(name) && name.hasPrefix("127."))
    }

    private static func isAddress(_ name: String) -> Bool {
        if name.contains(":") { return name.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// In a time that does not tell where they differ.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        let (a, b) = (Array(one.utf8), Array(other.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
