/// Which element of an HTML page is meant: a part of CSS's selectors, `input`, `#id`, `.class`, `[name]`, `[name=value]`, and
/// several of them together, such as `input[type=hidden][name="csrf"]`. Elements inside of others are not told apart.
package struct ElementSelector: RawRepresentable, Codable, Sendable, Hashable {
    package struct Attribute: Sendable, Hashable {
        package var name: String
        /// nil: any.
        package var value: String?
    }

    package let rawValue: String
    /// In lower case; nil: any.
    package let tag: String?
    package let classes: [String]
    package let attributes: [Attribute]

    package init?(rawValue: String) {
        self.rawValue = rawValue
        var rest = Substring(rawValue)
        func name() -> String {
            let name = rest.prefix { $0.isLetter || $0.isNumber || "-_:".contains($0) }
            rest = rest[name.endIndex...]
            return String(name)
        }
        let tag = rest.first == "*" ? String(rest.removeFirst()) : name()
        var classes: [String] = []
        var attributes: [Attribute] = []
        while let first = rest.first {
            rest.removeFirst()
            switch first {
            case "#": attributes.append(Attribute(name: "id", value: name()))
            case ".": classes.append(name())
            case "[":
                let key = name()
                guard let close = rest.firstIndex(of: "]"), !key.isEmpty else { return nil }
                var text = rest[..<close]
                if text.first == "=" {
                    text.removeFirst()
                    for quote in ["\"", "'"] where text.count > 1 && text.hasPrefix(quote) && text.hasSuffix(quote) {
                        text = text.dropFirst().dropLast()
                        break
                    }
                    attributes.append(Attribute(name: key.lowercased(), value: String(text)))
                } else if text.isEmpty {
                    attributes.append(Attribute(name: key.lowercased(), value: nil))
                } else {
                    return nil
                }
                rest = rest[rest.index(after: close)...]
            default: return nil
            }
        }
        guard !rawValue.isEmpty, classes.allSatisfy({ !$0.isEmpty }),
            attributes.allSatisfy({ $0.value != "" || $0.name != "id" })
        else { return nil }
        self.tag = tag.isEmpty || tag == "*" ? nil : tag.lowercased()
        self.classes = classes
        self.attributes = attributes
    }
}
