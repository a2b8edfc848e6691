import ArgumentParser
import Experiments
import Foundation
import Model

/// What is asked for, where no tasks say it: the names are those of curl, hey and oha.
struct RequestOptions: ParsableArguments {
    @Option(
        name: [.customShort("X"), .customShort("m"), .long],
        help: "Method of the request. Default: GET, or POST where there is a body.")
    var method: String?

    @Option(
        name: [.customShort("H"), .customLong("header")],
        help: ArgumentHelp("Header field as 'Name: value'. Repeatable.", valueName: "field"))
    var headers: [String] = []

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Body of the request, or @FILE for what a file holds. Several are joined with &. It is a form where no -H says otherwise.",
            valueName: "data"))
    var data: [String] = []

    @Option(
        name: [.customShort("F"), .long],
        help: ArgumentHelp(
            "Part of a multipart form as NAME=VALUE or NAME=@FILE, which ;type=TYPE and ;filename=NAME may follow. Repeatable.",
            valueName: "part"))
    var form: [String] = []

    @Option(
        name: [.short, .customLong("user")],
        help: ArgumentHelp("User and password as NAME:PASSWORD, for Basic authentication.", valueName: "user"))
    var user: String?

    @Option(
        name: [.customLong("follow"), .customLong("max-redirs")],
        help: ArgumentHelp("Redirects that are followed, as parts of the request. Default: none.", valueName: "number"))
    var follow: Int?

    @Flag(name: [.customShort("L"), .customLong("location")], help: "Follow up to 20 redirects.")
    var location = false

    @Flag(help: "Ask for compressed answers, and decode them for the check.")
    var compressed = false

    @Option(
        help: ArgumentHelp(
            "Status of a good answer, such as 201 or 2xx; several with commas. Default: 200.", valueName: "status"))
    var expectStatus: String?

    var isGiven: Bool { method != nil || !data.isEmpty || !form.isEmpty || expectStatus != nil }

    /// - Parameter authorization: what the URL says of who asks.
    /// - Throws: `Problem` of usage.
    func task(path: String) throws -> LoadTask {
        guard data.isEmpty || form.isEmpty else {
            throw Problem(.usage, "--data and --form exclude each other", nextStep: "Write all parts with --form.")
        }
        let (body, type) = try form.isEmpty ? plain() : multipart()
        let verb = method.map(HTTPMethod.init) ?? (body == nil ? .get : .post)
        guard verb.rawValue.isHeaderToken else { throw Problem(.usage, "--method: \(verb.rawValue) is no method") }
        if verb == .head, body != nil { throw Problem(.usage, "a HEAD request has no body") }
        var fields = try headers.map(field)
        if let type, !fields.contains(where: { $0.name.lowercased() == "content-type" }) {
            fields.append(HeaderTemplate(name: "Content-Type", pieces: [.text(type)]))
        }
        return LoadTask(
            name: path, weight: 1, method: verb, path: path, headers: fields,
            bodies: body.map { [BodyTemplate(share: 1, pieces: $0)] } ?? [],
            expect: try expectStatus.map { try Notation.statuses($0) } ?? Check())
    }

    /// What every task gets, whatever it is.
    func apply(to tasks: inout [LoadTask], isPlain: Bool) throws {
        let follow = self.follow ?? (location ? 20 : nil)
        guard follow.map({ (1...20).contains($0) }) ?? true else { throw Problem(.usage, "--follow takes 1 to 20") }
        var fields = isPlain ? [] : try headers.map(field)
        if let user {
            let text = "Basic " + Data((user.contains(":") ? user : user + ":").utf8).base64EncodedString()
            fields.append(HeaderTemplate(name: "Authorization", pieces: [.text(text)]))
        }
        if compressed { fields.append(HeaderTemplate(name: "Accept-Encoding", pieces: [.text("gzip, deflate, br")])) }
        for index in tasks.indices {
            let own = Set(tasks[index].headers.map { $0.name.lowercased() })
            tasks[index].headers += fields.filter { !own.contains($0.name.lowercased()) }
            tasks[index].follow = tasks[index].follow ?? follow
        }
    }

    private func field(_ text: String) throws -> HeaderTemplate {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = (parts.count > 1 ? String(parts[1]) : "").trimmingCharacters(in: .whitespaces)
        guard parts.count == 2, parts[0].isHeaderToken, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Problem(.usage, "--header takes 'Name: value', not \(text)")
        }
        guard !["content-length", "transfer-encoding", "connection"].contains(parts[0].lowercased()) else {
            throw Problem(.usage, "--header: the load generator writes \(parts[0]); leave it out")
        }
        return HeaderTemplate(name: String(parts[0]), pieces: value.isEmpty ? [] : [.text(value)])
    }

    private func plain() throws -> (body: [BodyTemplate.Piece]?, type: String?) {
        guard !data.isEmpty else { return (nil, nil) }
        var pieces: [BodyTemplate.Piece] = []
        for (number, part) in data.enumerated() {
            if number > 0 { pieces.append(.text("&")) }
            pieces.append(part.hasPrefix("@") ? .file(try Self.file(String(part.dropFirst()))) : .text(part))
        }
        return (pieces, "application/x-www-form-urlencoded")
    }

    private func multipart() throws -> (body: [BodyTemplate.Piece]?, type: String?) {
        let parts = try form.map { text in
            let words = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard words.count == 2, !words[0].isEmpty else {
                throw Problem(.usage, "--form takes NAME=VALUE or NAME=@FILE, not \(text)")
            }
            // As curl does it: what follows a semicolon is the value's own unless it names a setting.
            let match = words[1].firstMatch(of: /;\s*(?:type|filename)=/)
            let value = match.map { String(words[1][..<$0.range.lowerBound]) } ?? words[1]
            let settings = words[1].dropFirst(value.count).split(separator: ";")
                .map { $0.trimmingCharacters(in: .whitespaces) }
            func setting(_ name: String) -> String? {
                settings.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
            }
            guard value.hasPrefix("@") else {
                return MultipartBody.Part(
                    name: words[0], content: [.text(value)], fileName: setting("filename"), type: setting("type"))
            }
            let file = try Self.file(String(value.dropFirst()))
            return MultipartBody.Part(
                name: words[0], content: [.file(file)],
                fileName: setting("filename") ?? (file.name as NSString).lastPathComponent,
                type: setting("type") ?? "application/octet-stream")
        }
        return (MultipartBody.pieces(parts), MultipartBody.type)
    }

    private static func file(_ path: String) throws -> BodyFileReference {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw Problem(.usage, "there is no file \(path)")
        }
        return BodyFileReference(name: path, path: path)
    }
}

extension StringProtocol {
    /// RFC 9110, section 5.6.2.
    fileprivate var isHeaderToken: Bool {
        !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}

/// To where the connections of a load go, and how many requests it has.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: [.customShort("n"), .long],
        help: "Requests in all. The load ends with the last answer, and the whole of it is measured.")
    var requests: Int?

    @Flag(help: "Make a new connection for each request.")
    var disableKeepalive = false

    @Flag(
        name: .customLong("http2"),
        help: "Speak HTTP/2: chosen by ALPN for https, without asking (prior knowledge) for http.")
    var http2 = false

    @Option(
        name: [.customLong("streams"), .customLong("max-concurrent-streams")],
        help: ArgumentHelp(
            "With --http2: requests that a connection carries at a time. Of --users, as many share a connection; each of --connections sends as many. Default: 1.",
            valueName: "number"))
    var streams: Int?

    /// Users who share a connection; nil for HTTP/1.1.
    func usersOfConnection() throws -> Int? {
        guard let streams else { return http2 ? 1 : nil }
        guard http2 else { throw Problem(.usage, "--streams needs --http2: HTTP/1.1 has none") }
        guard LoadDefinition.streamsOfConnection.contains(streams) else {
            throw Problem(.usage, "--streams takes 1 to \(LoadDefinition.streamsOfConnection.upperBound)")
        }
        guard !disableKeepalive || streams == 1 else {
            throw Problem(.usage, "--disable-keepalive gives each request a connection of its own; leave out --streams")
        }
        return streams
    }

    @Option(
        help: ArgumentHelp("Connect to this Unix socket; the URL says what is asked for.", valueName: "path"))
    var unixSocket: String?

    @Option(
        help: ArgumentHelp(
            "Connect to ADDRESS where the URL has HOST and PORT, as with curl. Repeatable.",
            valueName: "host:port:address"))
    var resolve: [String] = []

    @Option(
        help: ArgumentHelp(
            "Connect to HOST2 and PORT2 where the URL has HOST1 and PORT1, whose name is still asked for, as with curl. An empty HOST1 or PORT1 means any. Repeatable.",
            valueName: "host1:port1:host2:port2"))
    var connectTo: [String] = []

    @Option(
        name: [.customShort("x"), .long],
        help: ArgumentHelp(
            "HTTP proxy for the requests, as http://HOST:PORT; user:password@ before the host is for the proxy. It is asked for a tunnel (CONNECT) for https and --http2.",
            valueName: "proxy"))
    var proxy: String?

    @Option(
        name: [.customShort("U"), .long],
        help: ArgumentHelp("User and password for the proxy, as NAME:PASSWORD.", valueName: "user"))
    var proxyUser: String?

    @Option(
        name: [.customShort("E"), .long],
        help: ArgumentHelp("For https: PEM file with the client's certificate.", valueName: "file"))
    var cert: String?

    @Option(
        help: ArgumentHelp("PEM file with its private key. Default: the file of --cert.", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("Time in which a connection must stand. Default: that of --timeout.", valueName: "time"))
    var connectTimeout: String?

    /// Where connections to a host and port go instead; nil where no --resolve names them.
    func address(for host: String, _ port: Int) throws -> HostAndPort? {
        for text in resolve {
            let parts = text.split(separator: ":", maxSplits: 2).map(String.init)
            guard parts.count == 3, let named = Int(parts[1]), let first = parts[2].split(separator: ",").first else {
                throw Problem(.usage, "--resolve takes HOST:PORT:ADDRESS, not \(text)")
            }
            guard parts[0].lowercased() == host.lowercased() || parts[0] == "*", named == port else { continue }
            let address = first.hasPrefix("[") ? first.dropFirst().dropLast() : first
            return HostAndPort(host: String(address), port: port)
        }
        for text in connectTo {
            let words = try Self.words(ofConnectTo: text)
            let isMeant = words[0].isEmpty || words[0].lowercased() == host.lowercased()
            guard isMeant, words[1].isEmpty || words[1] == "\(port)" else { continue }
            let (other, place) = (words[2].isEmpty ? host : words[2], words[3].isEmpty ? port : Int(words[3]))
            guard let place, (1...65_535).contains(place) else {
                throw Problem(.usage, "--connect-to: \(words[3]) is no port")
            }
            return HostAndPort(host: other, port: place)
        }
        return nil
    }

    /// Four, without the brackets of IPv6.
    private static func words(ofConnectTo text: String) throws -> [String] {
        var words = [""]
        var isBracketed = false
        for character in text {
            switch character {
            case "[": isBracketed = true
            case "]": isBracketed = false
            case ":" where !isBracketed: words.append("")
            default: words[words.count - 1].append(character)
            }
        }
        guard words.count == 4 else { throw Problem(.usage, "--connect-to takes HOST1:PORT1:HOST2:PORT2, not \(text)") }
        return words
    }

    /// The proxy and who asks it.
    func forwardProxy() throws -> ForwardProxy? {
        guard let proxy else {
            guard proxyUser == nil else { throw Problem(.usage, "--proxy-user needs --proxy") }
            return nil
        }
        var text = proxy
        var user = proxyUser
        if let at = text.lastIndex(of: "@") {
            let start = text.range(of: "://")?.upperBound ?? text.startIndex
            guard start <= at else { throw Problem(.usage, "--proxy takes http://HOST:PORT") }
            user = user ?? text[start..<at].removingPercentEncoding
            text = String(text[..<start] + text[text.index(after: at)...])
        }
        guard var found = ForwardProxy(text) else {
            throw Problem(.usage, "--proxy takes an HTTP proxy as http://HOST:PORT, not \(text)")
        }
        guard unixSocket == nil else { throw Problem(.usage, "--proxy and --unix-socket exclude each other") }
        found.authorization = user.map { user in
            "Basic " + Data((user.contains(":") ? user : user + ":").utf8).base64EncodedString()
        }
        return found
    }

    /// Who a server with https is told asks.
    func identity(isSecure: Bool) throws -> ClientIdentity? {
        guard cert != nil || key != nil else { return nil }
        guard let cert else { throw Problem(.usage, "--key needs --cert") }
        guard isSecure else { throw Problem(.usage, "--cert needs a URL with https") }
        return ClientIdentity(certificate: cert, key: key)
    }
}
