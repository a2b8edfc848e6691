extension GraphQL.Lexer {
    /// `"…"` on one line, with escapes.
    mutating func string() throws(GraphQL.Failure) -> String {
        let start = position
        position += 1
        var content: [UInt8] = []
        while let byte = byte() {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content.append(contentsOf: String(try escape()).utf8)
            case 0x0A, 0x0D: throw failure("a string does not end on its line", at: start)
            case 0..<0x20 where byte != 0x09: throw failure("a control character in a string", at: position)
            default:
                content.append(byte)
                position += 1
            }
        }
        throw failure("a string does not end", at: start)
    }

    private mutating func escape() throws(GraphQL.Failure) -> Character {
        let start = position
        position += 2
        switch bytes.indices.contains(start + 1) ? bytes[start + 1] : 0 {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard let scalar = unicodeEscape() else { throw failure("an escape that is no character", at: start) }
            return Character(scalar)
        default: throw failure("an unknown escape", at: start)
        }
    }

    /// What stands after `\u`: `{…}`, four digits, or two halves of a surrogate pair.
    private mutating func unicodeEscape() -> Unicode.Scalar? {
        if byte() == UInt8(ascii: "{") {
            position += 1
            var code: UInt32 = 0
            var count = 0
            while let digit = hexadecimalDigit(), count < 8 {
                code = code << 4 | digit
                count += 1
            }
            guard byte() == UInt8(ascii: "}"), count > 0 else { return nil }
            position += 1
            return Unicode.Scalar(code)
        }
        guard let high = fourDigits() else { return nil }
        guard (0xD800...0xDBFF).contains(high) else { return Unicode.Scalar(high) }
        guard byte() == UInt8(ascii: "\\"), byte(1) == UInt8(ascii: "u") else { return nil }
        position += 2
        guard let low = fourDigits(), (0xDC00...0xDFFF).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func fourDigits() -> UInt32? {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = hexadecimalDigit() else { return nil }
            code = code << 4 | digit
        }
        return code
    }

    private mutating func hexadecimalDigit() -> UInt32? {
        guard let byte = byte(), byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
            return nil
        }
        position += 1
        return UInt32(digit)
    }

    /// `"""…"""`, over several lines, without their common indentation.
    mutating func blockString() throws(GraphQL.Failure) -> String {
        let start = position
        position += 3
        var content: [UInt8] = []
        let quote = UInt8(ascii: "\"")
        while let byte = byte() {
            if byte == quote, self.byte(1) == quote, self.byte(2) == quote {
                position += 3
                return Self.unindented(content)
            }
            if byte == UInt8(ascii: "\\"), self.byte(1) == quote, self.byte(2) == quote, self.byte(3) == quote {
                content.append(contentsOf: [quote, quote, quote])
                position += 4
                continue
            }
            if byte < 0x20, ![0x09, 0x0A, 0x0D].contains(byte) {
                throw failure("a control character in a string", at: position)
            }
            content.append(byte)
            position += 1
        }
        throw failure("a string does not end", at: start)
    }

    /// Section 2.9.4, "Block strings": all but the first line lose their common indentation, blank lines at both ends go.
    private static func unindented(_ content: [UInt8]) -> String {
        let text = String(decoding: content, as: UTF8.self)
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
        let isBlank: (Substring) -> Bool = { $0.allSatisfy { $0 == " " || $0 == "\t" } }
        let indentation =
            lines.dropFirst().filter { !isBlank($0) }
            .map { $0.prefix { $0 == " " || $0 == "\t" }.count }.min() ?? 0
        for index in lines.indices.dropFirst() { lines[index] = lines[index].dropFirst(indentation) }
        while let first = lines.first, isBlank(first) { lines.removeFirst() }
        while let last = lines.last, isBlank(last) { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}
