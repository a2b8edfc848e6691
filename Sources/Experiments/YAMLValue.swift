/// A value of a YAML file with its place, free of the parser that read it.
struct YAMLValue {
    let place: Place
    let content: Content

    enum Content {
        case scalar(String, quoted: Bool)
        case list([YAMLValue])
        case mapping([Entry])
        /// Its fault is already reported.
        case broken
    }

    struct Entry {
        let key: String
        let keyPlace: Place
        let value: YAMLValue
    }

    /// What the value is, as a fault says it: `the text "abc"`, `a list`, `nothing`.
    var found: String {
        switch content {
        case .list: return "a list"
        case .mapping: return "a mapping"
        case .broken: return "something unreadable"
        case .scalar(let text, let quoted):
            if isNothing { return "nothing" }
            if quoted { return "the text \"\(text.shortened)\"" }
            if Double(text) != nil { return "the number \(text.shortened)" }
            return "\"\(text.shortened)\""
        }
    }

    /// Of a mapping; none of anything else.
    var entries: [Entry] {
        guard case .mapping(let entries) = content else { return [] }
        return entries
    }

    var isNothing: Bool {
        guard case .scalar(let text, quoted: false) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }
}

extension String {
    /// Short enough for a message on one line.
    var shortened: String { shortened(to: 60) }

    func shortened(to length: Int) -> String {
        let line = String(prefix(length + 1).map { $0.isNewline ? " " : $0 })
        return line.count <= length ? line : line.prefix(length - 3) + "…"
    }
}
