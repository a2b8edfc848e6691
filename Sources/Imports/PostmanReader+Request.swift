import Foundation

extension PostmanReader {
    // MARK: Who asks

    /// Format 2.1 has a list of settings, 2.0 an object.
    private func setting(_ auth: Tree, _ kind: String, _ key: String) -> String? {
        if let value = auth[kind]?[key]?.plain { return value }
        return auth[kind]?.elements.first { $0["key"]?.string == key }?["value"]?.plain
    }

    mutating func authorize(_ source: inout SourceRequest, _ auth: Tree?, _ surroundings: Surroundings) throws {
        guard let auth, let kind = auth["type"]?.string, kind != "noauth" else { return }
        let use = "the \(kind) authentication"
        switch kind {
        case "bearer", "oauth2":
            let written = setting(auth, kind, kind == "bearer" ? "token" : "accessToken") ?? ""
            let token =
                written.isEmpty
                ? secrets.placeholder(forUnknown: "token", use: use) : resolved(written, surroundings, use: use)
            source.headers.append(.init(name: "Authorization", value: "Bearer " + token))
        case "basic":
            let user = resolved(setting(auth, kind, "username") ?? "", surroundings, use: use)
            let password = resolved(setting(auth, kind, "password") ?? "", surroundings, use: use)
            let whole = user + ":" + password
            // Base64 of what is not known yet cannot be written.
            guard !Marked.hasPlaceholder(whole) else {
                let known = Marked.mapped(whole, text: { $0 }) { name in
                    secrets.variables.first { "env(\($0.name))" == name }?.value ?? ""
                }
                let isKnown = !known.hasSuffix(":") && !known.hasPrefix(":")
                let value =
                    isKnown
                    ? secrets.placeholder(for: Data(known.utf8).base64EncodedString(), named: "basic auth", use: use)
                    : secrets.placeholder(forUnknown: "basic auth", use: use + ": base64 of user:password")
                source.headers.append(.init(name: "Authorization", value: "Basic " + value))
                return
            }
            source.headers.append(
                .init(name: "Authorization", value: "Basic " + Data(whole.utf8).base64EncodedString()))
        case "apikey":
            let key = resolved(setting(auth, kind, "key") ?? "X-Api-Key", surroundings, use: use)
            let written = resolved(setting(auth, kind, "value") ?? "", surroundings, use: use)
            let value =
                written.isEmpty
                ? secrets.placeholder(forUnknown: key, use: use)
                : Marked.hasPlaceholder(written) ? written : secrets.placeholder(for: written, named: key, use: use)
            if setting(auth, kind, "in") == "query" {
                source.target += (source.target.contains("?") ? "&" : "?") + Percent.encoded(key) + "=" + value
            } else {
                source.headers.append(.init(name: key, value: value))
            }
        default: throw Fault(reason: "authentication of the kind \(kind)")
        }
    }

    // MARK: Bodies

    mutating func setBody(_ body: Tree, of source: inout SourceRequest, _ surroundings: Surroundings) throws {
        let use = "the body of \(source.place)"
        func type(_ type: String) {
            if source.header("Content-Type") == nil { source.headers.append(.init(name: "Content-Type", value: type)) }
        }
        switch body["mode"]?.string ?? "" {
        case "raw":
            let text = resolved(body["raw"]?.plain ?? "", surroundings, use: use)
            guard !text.isEmpty else { return }
            let types = [
                "json": "application/json", "xml": "application/xml", "html": "text/html",
                "javascript": "application/javascript",
            ]
            type(types[body["options"]?["raw"]?["language"]?.string ?? ""] ?? "text/plain")
            source.body = .text(text)
        case "urlencoded":
            if let raw = body["urlencoded"]?.string {
                type("application/x-www-form-urlencoded")
                source.body = .text(resolved(raw, surroundings, use: use))
                return
            }
            source.body = .form(
                fields(body["urlencoded"]).map {
                    .init(
                        name: resolved($0["key"]?.plain ?? "", surroundings, use: use),
                        value: resolved($0["value"]?.plain ?? "", surroundings, use: use))
                })
        case "formdata":
            var parts: [SourceRequest.Part] = []
            for field in fields(body["formdata"]) {
                let name = resolved(field["key"]?.plain ?? "", surroundings, use: use)
                guard field["type"]?.string == "file" else {
                    parts.append(
                        .init(
                            name: name, value: resolved(field["value"]?.plain ?? "", surroundings, use: use),
                            type: field["contentType"]?.string.flatMap { $0.isEmpty ? nil : $0 }))
                    continue
                }
                let sources = field["src"]?.string.map { [$0] } ?? (field["src"]?.elements ?? []).compactMap(\.string)
                guard !sources.isEmpty else { throw Fault(reason: "a file that the collection does not name") }
                for path in sources {
                    let file = (path as NSString).lastPathComponent
                    let kind = field["contentType"]?.string ?? CurlReader.type(ofFile: path)
                    parts.append(
                        .init(name: name, value: "", file: (bytes: try contents(of: path), name: file, type: kind)))
                }
            }
            source.body = .multipart(parts)
        case "file":
            guard let path = body["file"]?["src"]?.string ?? body["file"]?.string else {
                throw Fault(reason: "a file that the collection does not name")
            }
            type(CurlReader.type(ofFile: path))
            let bytes = try contents(of: path)
            source.body = String(validating: bytes, as: UTF8.self).map { .text(Marked.cleaned($0)) } ?? .bytes(bytes)
        case "graphql":
            type("application/json")
            let query = resolved(body["graphql"]?["query"]?.string ?? "", surroundings, use: use)
            let variables = resolved(body["graphql"]?["variables"]?.plain ?? "", surroundings, use: use)
            let isBlank = variables.allSatisfy { $0.isWhitespace }
            source.body = .text("{\"query\":\(Tree.quoted(query)),\"variables\":\(isBlank ? "{}" : variables)}")
        case "": break
        case let mode: throw Fault(reason: "a body of the mode \(mode.prefix(20))")
        }
    }

    private func fields(_ list: Tree?) -> [Tree] { (list?.elements ?? []).filter { $0["disabled"]?.bool != true } }

    private func contents(of path: String) throws -> [UInt8] {
        guard let bytes = file(path) else {
            throw Fault(reason: "a file that is not there: \((path as NSString).lastPathComponent)")
        }
        return bytes
    }
}
