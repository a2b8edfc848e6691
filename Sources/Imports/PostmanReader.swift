import Foundation
import Model

/// Reads a collection of Postman, format 2.1 (and 2.0, which differs in how it writes addresses).
struct PostmanReader {
    let file: (String) -> [UInt8]?
    private let target: String?
    private var found = Found()
    var secrets: Secrets
    /// Values that a script of the collection takes out of an answer.
    private var taken: Set<String> = []

    static func isPostman(_ tree: Tree) -> Bool {
        tree["info"]?["schema"]?.string?.contains("collection") == true && tree["item"] != nil || isOld(tree)
    }

    private static func isOld(_ tree: Tree) -> Bool {
        tree["requests"] != nil && tree["order"] != nil || tree["info"]?["schema"]?.string?.contains("/v1") == true
    }

    /// What folders give to what is in them.
    struct Surroundings {
        var group: String?
        var auth: Tree?
        var variables: [String: String] = [:]
    }

    struct Fault: Error { var reason: String }

    /// - Throws: `Problem` of usage.
    static func read(
        _ tree: Tree, target: String?, secrets: inout Secrets, file: @escaping (String) -> [UInt8]?
    ) throws(Problem) -> Found {
        guard !isOld(tree) else {
            throw Problem(
                .usage, "this is a collection of Postman's format 1",
                nextStep: "Open it in Postman and export it as Collection v2.1.")
        }
        var reader = PostmanReader(file: file, target: target, secrets: secrets)
        reader.found.title = tree["info"]?["name"]?.string
        var surroundings = Surroundings(auth: tree["auth"])
        reader.add(tree["variable"], to: &surroundings)
        reader.noteScripts(of: tree)
        reader.findTaken(in: tree, depth: 0)
        reader.take(tree["item"]?.elements ?? [], surroundings, depth: 0)
        secrets = reader.secrets
        return reader.found
    }

    private init(file: @escaping (String) -> [UInt8]?, target: String?, secrets: Secrets) {
        self.file = file
        self.target = target
        self.secrets = secrets
    }

    private func add(_ variables: Tree?, to surroundings: inout Surroundings) {
        for variable in variables?.elements ?? [] where variable["disabled"]?.bool != true {
            guard let key = variable["key"]?.string ?? variable["id"]?.string, let value = variable["value"]?.plain
            else {
                continue
            }
            surroundings.variables[key] = value
        }
    }

    private mutating func findTaken(in tree: Tree, depth: Int) {
        guard depth < 50 else { return }
        for item in tree["item"]?.elements ?? [] {
            taken.formUnion(Self.takes(of: item).map(\.name))
            findTaken(in: item, depth: depth + 1)
        }
    }

    private mutating func take(_ items: [Tree], _ surroundings: Surroundings, depth: Int) {
        guard depth < 50 else { return found.leave("a folder", "folders more than 50 deep") }
        for item in items {
            guard let folder = item["item"] else {
                take(item, surroundings)
                continue
            }
            var inner = surroundings
            inner.group = item["name"]?.string ?? surroundings.group
            if let auth = item["auth"], auth != .null { inner.auth = auth }
            add(item["variable"], to: &inner)
            take(folder.elements, inner, depth: depth + 1)
        }
    }

    private mutating func take(_ item: Tree, _ surroundings: Surroundings) {
        let name = item["name"]?.string ?? ""
        // A request may be no more than its address.
        let request: Tree =
            if let address = item["request"]?.string { .object([.init(key: "url", value: .string(address))]) } else {
                item["request"] ?? .null
            }
        let method = request["method"]?.string?.uppercased() ?? "GET"
        let shown = "\(method) \(name.prefix(80))"
        guard request != .null else { return found.leave(shown, "no request in it") }
        noteScripts(of: item)
        do {
            var source = try sourceRequest(request, method, name, surroundings)
            source.group = surroundings.group
            source.takes = Self.takes(of: item)
            found.requests.append(source)
        } catch let fault as Fault {
            found.leave(shown, fault.reason)
        } catch {
            found.leave(shown, "\(error)")
        }
    }

    private mutating func sourceRequest(
        _ request: Tree, _ method: String, _ name: String, _ surroundings: Surroundings
    ) throws -> SourceRequest {
        var address = Self.address(request["url"])
        for variable in request["url"]?["variable"]?.elements ?? [] {
            guard let key = variable["key"]?.string ?? variable["id"]?.string else { continue }
            let value = variable["value"]?.plain ?? ""
            let whole = address.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let path = whole[0].split(separator: "/", omittingEmptySubsequences: false)
                .map { $0 == ":" + key ? Substring(value.isEmpty ? "1" : value) : $0 }.joined(separator: "/")
            address = ([path] + whole.dropFirst()).joined(separator: "?")
        }
        // Where only the beginning is unknown, it is the target.
        if let match = address.prefixMatch(of: /\{\{([^{}]+)\}\}/),
            surroundings.variables[String(match.output.1)] == nil,
            let target
        {
            address = target + address[match.range.upperBound...]
        }
        address = resolved(address, surroundings, use: "the address of \(name)")
        if !address.contains("://") { address = "http://" + address }
        guard let url = SourceURL(address) else {
            throw Fault(reason: "an address that the collection does not say; add --url")
        }
        var source = SourceRequest(place: name, name: name, method: method, origin: url.origin, target: url.target)
        source.status = "2xx"
        for header in request["header"]?.elements ?? [] where header["disabled"]?.bool != true {
            guard let key = header["key"]?.string, !key.isEmpty else { continue }
            let value = resolved(header["value"]?.plain ?? "", surroundings, use: "\(key) of \(name)")
            source.headers.append(.init(name: key, value: value))
        }
        if let text = request["header"]?.string {
            for line in text.split(whereSeparator: \.isNewline) {
                let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { continue }
                source.headers.append(
                    .init(
                        name: parts[0],
                        value: resolved(parts[1].trimmingCharacters(in: .whitespaces), surroundings, use: parts[0])))
            }
        }
        let own = request["auth"].flatMap { $0 == .null ? nil : $0 }
        try authorize(&source, own ?? surroundings.auth, surroundings)
        // Postman sends no body with these, unless told to.
        let keepsBody = request["protocolProfileBehavior"]?["disableBodyPruning"]?.bool == true
        if let body = request["body"], body["disabled"]?.bool != true,
            keepsBody || !["GET", "HEAD", "COPY", "PURGE", "UNLOCK"].contains(method)
        {
            try setBody(body, of: &source, surroundings)
        }
        return source
    }

    /// As text, or as its parts.
    private static func address(_ url: Tree?) -> String {
        if let text = url?.string { return text }
        let disabled = url?["query"]?.elements.contains { $0["disabled"]?.bool == true } ?? false
        if let raw = url?["raw"]?.string, !disabled { return raw }
        let host = url?["host"]?.string ?? (url?["host"]?.elements ?? []).compactMap(\.plain).joined(separator: ".")
        let path =
            url?["path"]?.string
            ?? (url?["path"]?.elements ?? []).map { $0.plain ?? $0["value"]?.plain ?? "" }.joined(separator: "/")
        var text = (url?["protocol"]?.string).map { $0 + "://" } ?? ""
        text += host
        if let port = url?["port"]?.plain, !port.isEmpty { text += ":" + port }
        if !path.isEmpty { text += path.hasPrefix("/") ? path : "/" + path }
        let query = (url?["query"]?.elements ?? []).filter { $0["disabled"]?.bool != true }.map { pair in
            (pair["key"]?.plain ?? "") + (pair["value"]?.plain.map { "=" + $0 } ?? "")
        }
        return query.isEmpty ? text : text + "?" + query.joined(separator: "&")
    }

    // MARK: Variables

    /// `{{name}}` with its value; a secret or an unknown one becomes a variable of the environment.
    mutating func resolved(_ text: String, _ surroundings: Surroundings, use: String, depth: Int = 0) -> String {
        guard text.contains("{{") else { return text }
        var output = ""
        var rest = Substring(text)
        while let match = rest.firstMatch(of: /\{\{([^{}]+)\}\}/) {
            output += rest[..<match.range.lowerBound]
            output += value(String(match.output.1).trimmingCharacters(in: .whitespaces), surroundings, use, depth)
            rest = rest[match.range.upperBound...]
        }
        return output + rest
    }

    private mutating func value(_ name: String, _ surroundings: Surroundings, _ use: String, _ depth: Int) -> String {
        switch name {
        case "$guid", "$randomUUID": return Marked.placeholder("uuid")
        case "$randomInt": return Marked.placeholder("random(0, 1000)")
        case "$timestamp": return Marked.placeholder("sequence(1700000000)")
        case "$randomBoolean": return Marked.placeholder("choice(true, false)")
        default: break
        }
        if name.hasPrefix("$random") { return "example" + Marked.placeholder("sequence") }
        let taken = Self.valueName(name)
        if self.taken.contains(taken) { return Marked.placeholder(taken) }
        if let value = surroundings.variables[name], depth < 10 {
            let whole = resolved(value, surroundings, use: use, depth: depth + 1)
            if Redaction.looksSecret(name), !whole.isEmpty, !Marked.hasPlaceholder(whole) {
                return secrets.placeholder(for: whole, named: name, use: use)
            }
            if !whole.isEmpty || !Redaction.looksSecret(name) { return whole }
        }
        return secrets.placeholder(forUnknown: name, use: use)
    }

    // MARK: Scripts

    private static func scripts(of item: Tree) -> String {
        (item["event"]?.elements ?? []).compactMap { event -> String? in
            let lines = event["script"]?["exec"]
            return lines?.string ?? lines?.elements.compactMap(\.string).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private mutating func noteScripts(of item: Tree) {
        let isEmpty = Self.scripts(of: item).allSatisfy { $0.isWhitespace }
        let note = "Scripts of the collection are not run; values that they set from an answer's JSON are taken."
        if !isEmpty, !found.notes.contains(note) { found.notes.append(note) }
    }

    /// `pm.environment.set("token", pm.response.json().access_token)`, the usual way.
    private static func takes(of item: Tree) -> [TakenValue] {
        let script = scripts(of: item)
        guard script.contains(".set(") else { return [] }
        var bodies = ["pm.response.json()", "JSON.parse(responseBody)"]
        for match in script.matches(
            of: /(?:var|let|const)\s+(\w+)\s*=\s*(?:pm\.response\.json\(\)|JSON\.parse\(responseBody\))/)
        {
            bodies.append(String(match.output.1))
        }
        let set = /(?:pm\.\w+\.set|postman\.set\w+Variable)\(\s*["']([^"']+)["']\s*,\s*([^;\n]+?)\s*\)\s*(?:;|\n|$)/
        return script.matches(of: set).compactMap { match in
            let expression = String(match.output.2)
            guard let body = bodies.first(where: { expression.hasPrefix($0 + ".") || expression.hasPrefix($0 + "[") })
            else {
                return nil
            }
            var path = String(expression.dropFirst(body.count))
            if path.hasPrefix(".") { path.removeFirst() }
            guard let parsed = JSONPath(rawValue: path), !path.contains("(") else { return nil }
            return TakenValue(name: valueName(String(match.output.1)), source: .path(parsed.rawValue))
        }
    }

    static func valueName(_ name: String) -> String {
        let snake = Correlation.snake(name)
        return snake.isEmpty
            ? "value"
            : ["random", "choice", "uuid", "sequence", "row", "random_row", "env"].contains(snake)
                ? snake + "_value" : snake
    }
}
