import Foundation
import Model

/// What the URL on a command line says.
struct LoadTarget {
    let endpoint: Endpoint
    /// Path and query as they were written: what is encoded in them stays so, and what a request cannot hold is encoded.
    let path: String
    /// To show, without a password.
    let url: String
    private let authorization: String?

    /// - Throws: `Problem` of usage.
    init(_ options: Load) throws {
        let text = options.url.contains("://") ? options.url : "http://\(options.url)"
        guard let parts = URLComponents(string: text), parts.scheme == "http" || parts.scheme == "https",
            let host = parts.host, !host.isEmpty
        else {
            throw Problem(
                .usage, "\(options.url) is not a URL that can be loaded",
                nextStep: "Write it as http://127.0.0.1:8080/path.")
        }
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let isSecure = parts.scheme == "https"
        let port = parts.port ?? (isSecure ? 443 : 80)
        let (socket, shortcut) = (options.connection.unixSocket, try options.connection.address(for: name, port))
        let proxy = try options.connection.forwardProxy()
        let hosts = [shortcut?.host ?? name, proxy?.address.host].compactMap(\.self)
        guard options.allowRemote || socket != nil || hosts.allSatisfy(ThisMachine.isNamed) else {
            let other = hosts.first { !ThisMachine.isNamed(by: $0) } ?? name
            throw Problem(
                .usage, "\(other) is not this machine; a load test of a system that is not yours is an attack",
                nextStep: "If it is yours, add --allow-remote.")
        }
        path = Self.path(of: text)
        if let user = parts.user {
            authorization = "Basic " + Data("\(user):\(parts.password ?? "")".utf8).base64EncodedString()
            var shown = parts
            (shown.user, shown.password) = (nil, nil)
            url = shown.string ?? "\(host)\(path)"
        } else {
            authorization = nil
            url = options.url
        }
        if !isSecure, options.trust != nil { throw Problem(.usage, "--trust needs a URL with https") }
        let trust = options.trust.map(CertificateTrust.init(named:)) ?? .system
        endpoint = Endpoint(
            host: name, port: port, trust: isSecure ? trust : nil, shortcut: shortcut, unixSocket: socket,
            identity: try options.connection.identity(isSecure: isSecure), proxy: proxy)
    }

    /// Who asks, where the URL says so and the task does not (RFC 7617).
    func headers(besides own: [HeaderTemplate]) -> [HeaderTemplate] {
        guard let authorization, !own.contains(where: { $0.name.lowercased() == "authorization" }) else { return [] }
        return [HeaderTemplate(name: "Authorization", pieces: [.text(authorization)])]
    }

    private static func path(of text: String) -> String {
        let bytes = Array(text.utf8)
        let host = text.range(of: "://").map { text[..<$0.upperBound].utf8.count } ?? 0
        let end = bytes.firstIndex(of: UInt8(ascii: "#")) ?? bytes.count
        let start = bytes[host..<max(host, end)].firstIndex { "/?".utf8.contains($0) } ?? end
        let path = bytes[start..<max(start, end)].map { byte in
            byte > 0x20 && byte < 0x7F && !"\"<>\\^`{|}".utf8.contains(byte)
                ? String(UnicodeScalar(byte))
                : "%" + String(byte >> 4, radix: 16, uppercase: true)
                    + String(byte & 0xF, radix: 16, uppercase: true)
        }.joined()
        return path.hasPrefix("/") ? path : "/" + path
    }
}
