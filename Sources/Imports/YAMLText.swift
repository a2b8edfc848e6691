/// Scalars of YAML.
enum YAMLText {
    /// Plain where no reader could take it for anything else.
    static func scalar(_ text: String) -> String {
        let isPlain =
            text.wholeMatch(of: /[A-Za-z\/][A-Za-z0-9_.\/-]*/) != nil
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        return isPlain ? text : quoted(text)
    }

    static func key(_ text: String) -> String { scalar(text) }

    static func quoted(_ text: String) -> String {
        let hidesBrackets = brackets(of: text)
        var output = "\""
        var before: Unicode.Scalar = "\""
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            // The reader of experiments looks for comments, aliases and nesting before it knows of quotes.
            case "#" where before == " ": output += escaped(scalar)
            case "*" where index + 1 < scalars.count && SentHeaders.isNameByte(scalars[index + 1]):
                output += escaped(scalar)
            case "[", "]", "{", "}": output += hidesBrackets ? escaped(scalar) : String(scalar)
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value): output += escaped(scalar)
            case "\u{2028}": output += "\\L"
            case "\u{2029}": output += "\\P"
            case "\u{FEFF}": output += "\\uFEFF"
            default: output.unicodeScalars.append(scalar)
            }
            before = scalar
        }
        return output + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16, uppercase: true)
    }

    /// Whether they are open at the end, or nested deeply.
    private static func brackets(of text: String) -> Bool {
        var depth = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { depth += 1 }
            if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { depth -= 1 }
            if depth > 16 || depth < 0 { return true }
        }
        return depth != 0
    }
}
