import Foundation

/// An address, cut where a load needs it.
struct SourceURL {
    var origin: String
    /// What stands before the `@`.
    var user: String?
    var target: String

    /// - Returns: nil for what is no address of HTTP.
    init?(_ text: String) {
        guard let colon = text.range(of: "://") else { return nil }
        let scheme = text[..<colon.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = text[colon.upperBound...].prefix { $0 != "#" }
        let end = rest.firstIndex { "/?".contains($0) } ?? rest.endIndex
        var host = rest[..<end]
        if let at = host.lastIndex(of: "@") {
            user = String(host[..<at])
            host = host[host.index(after: at)...]
        }
        // A name, an IPv4 address, or an IPv6 address in brackets; with or without a port.
        guard host.utf8.count <= 260, host.wholeMatch(of: /([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?/) != nil
        else {
            return nil
        }
        var name = host.lowercased()
        let usual = scheme == "http" ? ":80" : ":443"
        if name.hasSuffix(usual) { name.removeLast(usual.count) }
        if let port = name.split(separator: ":").last, name.contains(":"), !name.hasSuffix("]") {
            guard let number = Int(port), (1...65_535).contains(number) else { return nil }
        }
        origin = "\(scheme)://\(name)"
        target = Self.target(String(rest[end...]))
    }

    /// What a request line cannot hold is encoded; what is encoded already stays so.
    static func target(_ text: String) -> String {
        let whole = text.hasPrefix("/") ? text : "/" + text
        return Marked.mapped(whole) { text in
            text.utf8.map { byte in
                byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "#")
                    ? String(Character(Unicode.Scalar(byte))) : Percent.encoded(byte)
            }.joined()
        }
    }

    static func path(of target: String) -> String { String(target.prefix { $0 != "?" }) }
}
