import Model

/// Reads a description of OpenAPI 3: each operation becomes a request, made of the examples that it gives.
struct OpenAPIReader {
    let document: Tree
    let samples: OpenAPISamples
    private let origin: String
    private let base: String
    private var found = Found()
    private var secrets: Secrets

    static func isOpenAPI(_ tree: Tree) -> Bool { tree["openapi"] != nil || tree["swagger"] != nil }

    /// - Parameters:
    ///   - source: from where it was read, where that is a URL: relative servers are beside it.
    ///   - target: in place of the document's own servers.
    /// - Throws: `Problem` of usage.
    static func read(
        _ tree: Tree, source: String?, target: String?, secrets: inout Secrets
    ) throws(Problem) -> Found {
        let version = (tree["openapi"] ?? tree["swagger"])?.plain ?? ""
        guard tree["openapi"] != nil, version.hasPrefix("3.") else {
            throw Problem(
                .usage,
                "this is \(tree["openapi"] == nil ? "Swagger" : "OpenAPI") \(version.prefix(20)); version 3 is read",
                nextStep: "Convert it, for example with the Swagger Editor (Edit, Convert to OpenAPI 3).")
        }
        var reader = try OpenAPIReader(tree, source: source, target: target, secrets: secrets)
        reader.readAll()
        secrets = reader.secrets
        return reader.found
    }

    private init(_ tree: Tree, source: String?, target: String?, secrets: Secrets) throws(Problem) {
        document = tree
        samples = OpenAPISamples(document: tree)
        self.secrets = secrets
        let server = tree["servers"]?.elements.first
        var address = server?["url"]?.string ?? "/"
        for variable in server?["variables"]?.entries ?? [] {
            address = address.replacing("{\(variable.key)}", with: variable.value["default"]?.plain ?? "")
        }
        if !address.contains("://") {
            let path = address.hasPrefix("/") ? address : "/" + address
            if let source, let url = SourceURL(source) {
                address = url.origin + path
            } else if let target, let url = SourceURL(target) {
                address = url.origin + path
            }
        }
        guard let url = SourceURL(address) else {
            throw Problem(
                .usage, "the description does not say where its server is",
                nextStep: "Add the address, for example --url http://127.0.0.1:8080.")
        }
        origin = url.origin
        let path = SourceURL.path(of: url.target)
        base = path.hasSuffix("/") ? String(path.dropLast()) : path
        found.title = tree["info"]?["title"]?.string
    }

    private static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"]

    private mutating func readAll() {
        for hook in document["webhooks"]?.entries ?? [] {
            for operation in hook.value.entries where Self.methods.contains(operation.key) {
                found.leave("\(operation.key.uppercased()) webhook \(hook.key)", "sent by the server itself")
            }
        }
        for entry in document["paths"]?.entries ?? [] where entry.key.hasPrefix("/") {
            guard let item = samples.resolved(entry.value) else {
                found.leave(entry.key, "a reference that leads nowhere, or to another file")
                continue
            }
            for operation in item.entries where Self.methods.contains(operation.key) {
                take(operation.key.uppercased(), entry.key, operation.value, of: item)
            }
        }
    }

    private mutating func take(_ method: String, _ path: String, _ operation: Tree, of item: Tree) {
        let shown = "\(method) \(path)"
        var request = SourceRequest(place: shown, method: method, origin: origin, target: "")
        request.name = operation["operationId"]?.string
        request.group = operation["tags"]?.elements.first?.string
        var parameters: [Tree] = []
        for parameter in (operation["parameters"]?.elements ?? []) + (item["parameters"]?.elements ?? []) {
            guard let parameter = samples.resolved(parameter) else {
                return found.leave(shown, "a reference that leads nowhere, or to another file")
            }
            let isKnown = parameters.contains { $0["name"] == parameter["name"] && $0["in"] == parameter["in"] }
            if !isKnown { parameters.append(parameter) }
        }
        var query: [String] = []
        var cookies: [String] = []
        var target = path
        for parameter in parameters {
            guard let name = parameter["name"]?.string, let place = parameter["in"]?.string else { continue }
            let isRequired = parameter["required"]?.bool == true || place == "path"
            let example =
                samples.example(ofMedia: parameter)
                ?? parameter["content"]?.entries.first.flatMap { samples.example(ofMedia: $0.value) }
            guard isRequired || example != nil else { continue }
            let schema = parameter["schema"] ?? .object([])
            guard let value = example ?? samples.sample(of: schema) else {
                return found.leave(shown, "a reference that leads nowhere, or to another file")
            }
            if example == nil, place == "path" {
                request.notes.append("made up, for lack of an example: \(name)")
            }
            switch place {
            case "path": target = target.replacing("{\(name)}", with: OpenAPIStyle(parameter).segment(name, value))
            case "query": query += OpenAPIStyle(parameter).pairs(name, value)
            case "header":
                if !["accept", "content-type", "authorization"].contains(name.lowercased()) {
                    request.headers.append(.init(name: name, value: OpenAPIStyle.text(value)))
                }
            case "cookie": cookies.append("\(name)=\(OpenAPIStyle.text(value))")
            default: break
            }
        }
        // A parameter that is declared nowhere.
        target = target.replacing(/\{([^}\/]*)\}/) { match in
            request.notes.append("made up, for lack of a description: \(match.output.1)")
            return "1"
        }
        if let problem = authorize(&request, operation, query: &query, cookies: &cookies) {
            return found.leave(shown, problem)
        }
        if !cookies.isEmpty {
            request.headers.append(.init(name: "Cookie", value: cookies.joined(separator: "; ")))
        }
        request.target = SourceURL.target(base + target + (query.isEmpty ? "" : "?" + query.joined(separator: "&")))
        if let body = operation["requestBody"] {
            guard let resolved = samples.resolved(body), setBody(resolved, of: &request) else {
                return found.leave(shown, "a body that is described in another file, or by itself")
            }
        }
        request.status = Self.status(operation)
        if operation["deprecated"]?.bool == true { request.notes.append("deprecated") }
        found.requests.append(request)
    }

    /// The first status of success that is described.
    private static func status(_ operation: Tree) -> String {
        let codes = (operation["responses"]?.entries ?? []).map { $0.key.lowercased() }
            .filter { $0.wholeMatch(of: /[23]([0-9][0-9]|xx)/) != nil }
        return codes.first { $0.hasPrefix("2") } ?? codes.first ?? "2xx"
    }

    // MARK: Who asks

    /// - Returns: why it cannot be sent.
    private mutating func authorize(
        _ request: inout SourceRequest, _ operation: Tree, query: inout [String], cookies: inout [String]
    ) -> String? {
        let choices = (operation["security"] ?? document["security"])?.elements ?? []
        guard !choices.isEmpty, !choices.contains(where: { $0.entries.isEmpty }) else { return nil }
        var lacking = ""
        for choice in choices {
            var schemes: [(name: String, scheme: Tree)] = []
            for requirement in choice.entries {
                guard
                    let scheme = document["components"]?["securitySchemes"]?[requirement.key].flatMap(samples.resolved)
                else {
                    lacking = "a security scheme that is not described: \(requirement.key)"
                    break
                }
                if scheme["type"]?.string == "mutualTLS" {
                    lacking = "a client certificate"
                    break
                }
                let kind = scheme["scheme"]?.string?.lowercased() ?? "bearer"
                if scheme["type"]?.string == "http", kind != "bearer", kind != "basic" {
                    lacking = "authentication of the kind \(kind)"
                    break
                }
                schemes.append((requirement.key, scheme))
            }
            guard schemes.count == choice.entries.count else { continue }
            for (name, scheme) in schemes { add(name, scheme, to: &request, query: &query, cookies: &cookies) }
            return nil
        }
        return lacking
    }

    private mutating func add(
        _ name: String, _ scheme: Tree, to request: inout SourceRequest, query: inout [String], cookies: inout [String]
    ) {
        let value = secrets.placeholder(forUnknown: name, use: "the security scheme \(name)")
        guard scheme["type"]?.string == "apiKey" else {
            let isBasic = scheme["scheme"]?.string?.lowercased() == "basic"
            request.headers.append(.init(name: "Authorization", value: (isBasic ? "Basic " : "Bearer ") + value))
            return
        }
        let key = scheme["name"]?.string ?? name
        switch scheme["in"]?.string {
        case "query": query.append(Percent.encoded(key) + "=" + value)
        case "cookie": cookies.append(key + "=" + value)
        default: request.headers.append(.init(name: key, value: value))
        }
    }

    // MARK: Bodies

    private func setBody(_ description: Tree, of request: inout SourceRequest) -> Bool {
        let contents = description["content"]?.entries ?? []
        let rank: (String) -> Int = { type in
            let small = type.lowercased()
            if small.hasPrefix("application/json") || small.hasSuffix("+json") { return 0 }
            return small.contains("x-www-form-urlencoded") ? 1 : small.hasPrefix("multipart/form-data") ? 2 : 3
        }
        guard let content = contents.min(by: { rank($0.key) < rank($1.key) }) else { return true }
        // Only what must be sent has no stand-in.
        let schema = content.value["schema"] ?? .object([])
        guard let value = samples.example(ofMedia: content.value) ?? samples.sample(of: schema) else {
            return description["required"]?.bool != true
        }
        switch rank(content.key) {
        case 0:
            let type = content.key.contains("*") ? "application/json" : content.key
            request.headers.append(.init(name: "Content-Type", value: type))
            request.body = .text(value.json)
        case 1: request.body = .form(Self.fields(value))
        case 2:
            request.body = .multipart(
                Self.fields(value).map { field in
                    let property = samples.resolved(samples.property(field.name, of: schema))
                    let isFile = property?["format"]?.string == "binary" || property?["contentMediaType"] != nil
                    let file =
                        isFile
                        ? (
                            bytes: Array("example".utf8), name: "example.bin",
                            type: "application/octet-stream" as String?
                        )
                        : nil
                    return .init(name: field.name, value: field.value, file: file)
                })
        default:
            let type = content.key.contains("*") ? "application/octet-stream" : content.key
            request.headers.append(.init(name: "Content-Type", value: type))
            request.body = .text(value.plain ?? value.json)
        }
        return true
    }

    private static func fields(_ value: Tree) -> [SourceRequest.Field] {
        value.entries.flatMap { entry -> [SourceRequest.Field] in
            if case .list(let elements) = entry.value {
                return elements.map { .init(name: entry.key, value: $0.plain ?? $0.json) }
            }
            return [.init(name: entry.key, value: entry.value == .null ? "" : entry.value.plain ?? entry.value.json)]
        }
    }
}
