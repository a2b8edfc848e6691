package import Model

/// Whom the requests of a load go to, as URLs name it (RFC 6454). References in answers are read against it.
package struct Origin: Sendable {
    let isSecure: Bool
    /// Host and port as the Host field has them.
    let authority: String
    /// In lower case, without a port.
    let host: String

    package init(_ endpoint: Endpoint) {
        host = endpoint.host.lowercased()
        isSecure = endpoint.trust != nil
        authority = endpoint.authority
    }

    /// Path and query of a URL of this origin, or of a reference relative to another request (RFC 3986, section 5.2).
    /// - Parameter base: path and query of the request whose answer had the reference.
    /// - Returns: nil where it leads to another origin.
    func target(of reference: [UInt8], from base: [UInt8]) -> [UInt8]? {
        let text = Self.withoutFragment(reference)
        if let authority = Self.authority(in: text) {
            guard isHere(scheme: authority.scheme, authority.text) else { return nil }
            return Self.withoutDots(Self.target(in: text))
        }
        guard let first = text.first else { return base }
        let path = base.prefix { $0 != UInt8(ascii: "?") }
        switch first {
        case UInt8(ascii: "/"): return Self.withoutDots(text)
        case UInt8(ascii: "?"): return path + text
        default:
            let folder = path.lastIndex(of: UInt8(ascii: "/")).map { Array(path[...$0]) } ?? [UInt8(ascii: "/")]
            return Self.withoutDots(folder + text)
        }
    }

    /// What a URL has after its host, without its fragment; a path as it is. It begins with a slash.
    static func target(in reference: [UInt8]) -> [UInt8] {
        let text = withoutFragment(reference)
        let rest = authority(in: text).map { Array(text[$0.end...]) } ?? text
        return rest.first == UInt8(ascii: "/") ? rest : [UInt8(ascii: "/")] + rest
    }

    private static func withoutFragment(_ reference: [UInt8]) -> [UInt8] {
        Array(reference.prefix { $0 != UInt8(ascii: "#") })
    }

    /// - Returns: nil for a reference without a host. The scheme is nil in `//host/path`.
    private static func authority(in text: [UInt8]) -> (scheme: String?, text: String, end: Int)? {
        var start = 0
        var scheme: String?
        if let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            text[..<colon].allSatisfy({
                (0x61...0x7A).contains($0.lowercased) || (0x2B...0x39).contains($0) && $0 != 0x2F
            })
        {
            scheme = String(decoding: text[..<colon], as: UTF8.self).lowercased()
            start = colon + 1
        }
        guard text[start...].starts(with: "//".utf8) else {
            // Such as mailto: there is no host, and no path of this target either.
            return scheme == nil ? nil : (scheme, "", text.count)
        }
        let end = text[(start + 2)...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? text.count
        return (scheme, String(decoding: text[(start + 2)..<end], as: UTF8.self), end)
    }

    private func isHere(scheme: String?, _ text: String) -> Bool {
        if let scheme, scheme != (isSecure ? "https" : "http") { return false }
        var named = text.lowercased()
        if let at = named.lastIndex(of: "@") { named = String(named[named.index(after: at)...]) }
        let (own, other) = (Self.parts(authority.lowercased(), isSecure), Self.parts(named, isSecure))
        guard own.port == other.port else { return false }
        // An application on this machine does not know by which of its names it was called.
        return own.host == other.host || (Self.loopback.contains(own.host) && Self.loopback.contains(other.host))
    }

    private static let loopback = ["localhost", "127.0.0.1", "[::1]"]

    private static func parts(_ authority: String, _ isSecure: Bool) -> (host: String, port: String) {
        let usual = isSecure ? "443" : "80"
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return (authority, usual) }
        let port = String(authority[authority.index(after: colon)...])
        return (String(authority[..<colon]), port.isEmpty ? usual : port)
    }

    /// Takes `.` and `..` out of a path (RFC 3986, section 5.2.4).
    private static func withoutDots(_ target: [UInt8]) -> [UInt8] {
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        guard path.contains(UInt8(ascii: ".")) else { return target }
        var kept: [ArraySlice<UInt8>] = []
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch String(decoding: segment, as: UTF8.self) {
            case ".": if isLast { kept.append([]) }
            case "..":
                if !kept.isEmpty { kept.removeLast() }
                if isLast { kept.append([]) }
            default: kept.append(segment)
            }
        }
        return [UInt8(ascii: "/")] + Array(kept.joined(separator: [UInt8(ascii: "/")])) + target.dropFirst(path.count)
    }
}
