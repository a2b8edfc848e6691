/// Values that fit schemas of an OpenAPI description: its examples where it has some, else made up, always the same.
struct OpenAPISamples {
    let document: Tree
    private static let deepest = 12
    /// A schema that refers to itself in many places would grow without end.
    private static let most = 2000
    private static let mostItems = 100.0

    /// - Returns: what a `$ref` leads to, through several; nil where it leads nowhere, in a circle, or to another file.
    func resolved(_ value: Tree?) -> Tree? {
        var value = value
        for _ in 0..<20 {
            guard let reference = value?["$ref"]?.string else { return value }
            guard reference.hasPrefix("#/") else { return nil }
            value = reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false)
                .reduce(Optional(document)) { tree, part in
                    let key = (Percent.decoded(String(part)) ?? String(part)).replacing("~1", with: "/")
                        .replacing("~0", with: "~")
                    if case .list(let elements) = tree, let index = Int(key), elements.indices.contains(index) {
                        return elements[index]
                    }
                    return tree?[key]
                }
        }
        return nil
    }

    /// Of a parameter, or a kind of body.
    func example(ofMedia media: Tree) -> Tree? {
        if let example = media["example"] { return example }
        for example in media["examples"]?.entries ?? [] {
            if let value = resolved(example.value)?["value"] { return value }
        }
        guard let schema = resolved(media["schema"]) else { return nil }
        return schema["example"] ?? schema["examples"]?.elements.first ?? schema["default"] ?? schema["const"]
    }

    /// - Returns: nil where the schema leads nowhere, to another file, or only into itself.
    func sample(of schema: Tree) -> Tree? {
        var left = Self.most
        return sample(schema, depth: 0, left: &left)
    }

    func property(_ name: String, of schema: Tree) -> Tree? {
        guard let schema = resolved(schema) else { return nil }
        if let property = schema["properties"]?[name] { return property }
        return schema["allOf"]?.elements.lazy.compactMap { resolved($0)?["properties"]?[name] }.first
    }

    private func sample(_ schema: Tree, depth: Int, left: inout Int) -> Tree? {
        left -= 1
        guard depth <= Self.deepest, left > 0, let schema = resolved(schema) else { return nil }
        if let example = schema["example"] ?? schema["examples"]?.elements.first ?? schema["const"] ?? schema["default"]
            ?? schema["enum"]?.elements.first
        {
            return example
        }
        if let parts = schema["allOf"]?.elements, !parts.isEmpty {
            var entries = schema["properties"] == nil ? [] : object(schema, depth: depth, left: &left)?.entries ?? []
            for part in parts {
                guard let value = sample(part, depth: depth + 1, left: &left) else { return nil }
                guard case .object(let more) = value else { return value }
                for entry in more where !entries.contains(where: { $0.key == entry.key }) { entries.append(entry) }
            }
            return .object(entries)
        }
        for choices in [schema["oneOf"], schema["anyOf"]].compactMap({ $0?.elements }) {
            for choice in choices {
                if let value = sample(choice, depth: depth + 1, left: &left) { return value }
            }
            if !choices.isEmpty { return nil }
        }
        // OpenAPI 3.1 has lists of types.
        let types = schema["type"]?.elements.compactMap(\.string) ?? []
        let type = schema["type"]?.string ?? types.first { $0 != "null" }
        switch type ?? (schema["properties"] != nil ? "object" : schema["items"] != nil ? "array" : "string") {
        case "object": return object(schema, depth: depth, left: &left)
        case "array":
            let least = schema["minItems"]?.number ?? 1
            guard let items = schema["items"], least > 0 else { return .list([]) }
            let count = Int(min(least, Self.mostItems).rounded(.up))
            return sample(items, depth: depth + 1, left: &left).map { .list(Array(repeating: $0, count: count)) }
                ?? .list([])
        case "integer", "number": return .number(number(schema))
        case "boolean": return .bool(true)
        case "null": return .null
        default: return .string(text(schema))
        }
    }

    /// What is required, and what else can be made.
    private func object(_ schema: Tree, depth: Int, left: inout Int) -> Tree? {
        let required = schema["required"]?.elements.compactMap(\.string) ?? []
        var entries: [Tree.Entry] = []
        for property in schema["properties"]?.entries ?? [] {
            if resolved(property.value)?["readOnly"]?.bool == true { continue }
            if let value = sample(property.value, depth: depth + 1, left: &left) {
                entries.append(.init(key: property.key, value: value))
            } else if required.contains(property.key) {
                return nil
            }
        }
        return .object(entries)
    }

    private func number(_ schema: Tree) -> String {
        if let least = schema["minimum"]?.plain { return least }
        if let above = schema["exclusiveMinimum"]?.number { return "\(Int(above.rounded(.down)) + 1)" }
        return "1"
    }

    private func text(_ schema: Tree) -> String {
        switch schema["format"]?.string {
        case "uuid": return Marked.placeholder("uuid")
        case "date": return "2026-01-01"
        case "date-time": return "2026-01-01T00:00:00Z"
        case "email": return "user@example.com"
        case "uri", "url": return "https://example.com/"
        case "byte": return "ZXhhbXBsZQ=="
        case "ipv4": return "192.0.2.1"
        case "hostname": return "example.com"
        default: break
        }
        let least = Int(schema["minLength"]?.number ?? 0)
        let most = schema["maxLength"]?.number.map { Int(min($0, 1000)) }
        var text = "example"
        while text.count < min(least, 1000) { text += "example" }
        return String(text.prefix(most.map { max($0, least) } ?? max(7, least)))
    }
}
