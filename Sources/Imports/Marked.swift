/// Texts of requests in which placeholders stand between two private characters, so that they can be cut, encoded and read as
/// JSON like any other text. The writer makes `${…}` of them.
enum Marked {
    static let start: Unicode.Scalar = "\u{E000}"
    static let end: Unicode.Scalar = "\u{E001}"

    /// `order_id`, `env(TOKEN)`, `uuid`.
    static func placeholder(_ expression: String) -> String { "\u{E000}\(expression)\u{E001}" }

    static func hasPlaceholder(_ text: String) -> Bool { text.unicodeScalars.contains(start) }

    /// A source's own text, without the characters that stand for something here.
    static func cleaned(_ text: String) -> String {
        // Their UTF-8 begins with a byte that few texts have.
        guard text.utf8.contains(0xEE), text.unicodeScalars.contains(where: { $0 == start || $0 == end }) else {
            return text
        }
        return String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0 == start || $0 == end ? "\u{FFFD}" : $0 }))
    }

    /// Changes what stands around the placeholders, and writes these.
    static func mapped(
        _ text: String, text change: (String) -> String, placeholder: (String) -> String = Self.placeholder
    ) -> String {
        guard hasPlaceholder(text) else { return change(text) }
        var output = ""
        var rest = text.unicodeScalars[...]
        while let open = rest.firstIndex(of: start) {
            let inner = rest[rest.index(after: open)...]
            let close = inner.firstIndex(of: end) ?? inner.endIndex
            if open > rest.startIndex { output += change(String(rest[..<open])) }
            output += placeholder(String(inner[..<close]))
            rest = close < rest.endIndex ? rest[rest.index(after: close)...] : rest[rest.endIndex...]
        }
        return rest.isEmpty ? output : output + change(String(rest))
    }

    /// As an experiment file has it: `$` before `{` or `$` is doubled.
    static func definition(_ text: String) -> String {
        mapped(text) { text in
            var output = ""
            let characters = Array(text.unicodeScalars)
            for (index, scalar) in characters.enumerated() {
                output.unicodeScalars.append(scalar)
                if scalar == "$" {
                    let next = index + 1 < characters.count ? characters[index + 1] : nil
                    if next == nil || next == "{" || next == "$" { output.unicodeScalars.append("$") }
                }
            }
            return output
        } placeholder: {
            "${\($0)}"
        }
    }
}
