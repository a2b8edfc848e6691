import Model

/// Reads `take` of a task: what is kept of an answer.
struct TakeDecoder {
    let log: FaultLog

    private static let examples =
        "order_id, items[0].id, header Location, cookie sid or { css: \"input[name=csrf]\", attribute: value }"

    func takes(_ value: YAMLValue) -> [Take]? {
        value.entries(of: "take", log: log)?.each(log) { entry throws(Unreadable) in
            guard entry.key.isValueName, !Placeholder.words.contains(entry.key) else {
                throw Unreadable("this cannot name a value; write letters, digits and underscores")
            }
            if case .mapping(let parts) = entry.value.content {
                return Take(name: entry.key, source: try source(parts))
            }
            return Take(name: entry.key, source: try source(entry.value.line(longest: 500)))
        }
    }

    /// `order_id`, `header Location`, `cookie sid`, or a regular expression with a group.
    private func source(_ text: String) throws(Unreadable) -> Take.Source {
        if text.hasPrefix("header ") { return try header(String(text.dropFirst(7)).trimmed) }
        if text.hasPrefix("cookie ") { return try cookie(String(text.dropFirst(7)).trimmed) }
        if let open = text.firstIndex(of: "("), text[open...].contains(")") { return try pattern(text) }
        return try json(text)
    }

    private func source(_ parts: [YAMLValue.Entry]) throws(Unreadable) -> Take.Source {
        let known = DefinitionKeys.take
        if let strange = parts.first(where: { !known.contains($0.key) }) {
            throw Unreadable(
                "unknown key \"\(strange.key.shortened)\"; \(NearestName.advice(for: strange.key, among: known))")
        }
        let sources = parts.filter { $0.key != "attribute" }
        guard sources.count == 1, let part = sources.first else {
            throw Unreadable("a value comes from one place; write for example \(Self.examples)")
        }
        let attribute = parts.first { $0.key == "attribute" }
        guard attribute == nil || part.key == "css" else {
            throw Unreadable("only an element has an attribute; write css")
        }
        let text = try part.value.line(longest: 500)
        switch part.key {
        case "json": return try json(text)
        case "header": return try header(text)
        case "cookie": return try cookie(text)
        case "regex": return try pattern(text)
        default:
            guard let selector = ElementSelector(rawValue: text) else {
                throw Unreadable(
                    "\"\(text.shortened)\" is not a selector; write for example input[name=csrf], #token or meta[name=\"csrf\"]"
                )
            }
            var name: String?
            if let attribute { name = try attribute.value.line(longest: 100) }
            return .element(selector, attribute: name?.lowercased())
        }
    }

    private func json(_ text: String) throws(Unreadable) -> Take.Source {
        guard let path = JSONPath(rawValue: text) else {
            throw Unreadable("\"\(text.shortened)\" is not a path; write for example \(Self.examples)")
        }
        return .json(path)
    }

    private func header(_ name: String) throws(Unreadable) -> Take.Source {
        guard name.isHeaderName else { throw Unreadable("\"\(name.shortened)\" is not the name of a header") }
        return .header(name)
    }

    private func cookie(_ name: String) throws(Unreadable) -> Take.Source {
        guard name.isHeaderName else { throw Unreadable("\"\(name.shortened)\" is not the name of a cookie") }
        return .cookie(name)
    }

    private func pattern(_ text: String) throws(Unreadable) -> Take.Source {
        do {
            _ = try Regex(text)
        } catch {
            throw Unreadable("\"\(text.shortened)\" is not a regular expression: \(error)")
        }
        return .pattern(text)
    }
}
