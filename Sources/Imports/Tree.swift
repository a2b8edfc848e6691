/// A value of JSON or YAML. Keys keep their order, and numbers their digits.
indirect enum Tree: Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case list([Tree])
    case object([Entry])

    struct Entry: Equatable {
        var key: String
        var value: Tree
    }

    subscript(key: String) -> Tree? {
        guard case .object(let entries) = self else { return nil }
        return entries.first { $0.key == key }?.value
    }

    var entries: [Entry] { if case .object(let entries) = self { entries } else { [] } }

    var elements: [Tree] { if case .list(let elements) = self { elements } else { [] } }

    var string: String? { if case .string(let text) = self { text } else { nil } }

    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// A text, a number or a truth value as text; nil for what holds others, and for nothing.
    var plain: String? {
        switch self {
        case .string(let text): text
        case .number(let digits): digits
        case .bool(let value): "\(value)"
        case .null, .list, .object: nil
        }
    }

    var number: Double? { if case .number(let digits) = self { Double(digits) } else { nil } }

    /// As JSON, without blanks.
    var json: String {
        switch self {
        case .null: return "null"
        case .bool(let value): return "\(value)"
        case .number(let digits): return digits
        case .string(let text): return Self.quoted(text)
        case .list(let elements): return "[" + elements.map(\.json).joined(separator: ",") + "]"
        case .object(let entries):
            return "{" + entries.map { Self.quoted($0.key) + ":" + $0.value.json }.joined(separator: ",") + "}"
        }
    }

    /// RFC 8259, section 7.
    static func quoted(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case _ where scalar.value < 0x20:
                output += "\\u" + String(0x10000 + scalar.value, radix: 16).dropFirst()
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
