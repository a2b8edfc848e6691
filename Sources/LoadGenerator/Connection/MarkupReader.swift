package import Model

/// Finds an element in an HTML text, which need not be well-formed: tags are read one after the other, as the HTML standard's
/// tokenizer does (section 13.2.5), and no tree is built of them.
package struct MarkupReader {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Parameter attribute: in lower case; nil for the text that follows the element's tag.
    /// - Returns: nil where no element fits, or the first that does has no such attribute.
    package mutating func value(of selector: ElementSelector, attribute: String?) -> [UInt8]? {
        while let tag = nextTag() {
            if fits(tag, selector) {
                if let attribute { return tag.attributes.first { $0.name == attribute }?.value }
                let text = bytes[position...].prefix { $0 != UInt8(ascii: "<") }
                return Self.decoded(Self.trimmed(text))
            }
            // What stands in these is no markup.
            if ["script", "style", "textarea", "title"].contains(tag.name) { skipText(of: tag.name) }
        }
        return nil
    }

    private struct Tag {
        var name: String
        var attributes: [(name: String, value: [UInt8])] = []
    }

    private func fits(_ tag: Tag, _ selector: ElementSelector) -> Bool {
        func value(_ name: String) -> String? {
            tag.attributes.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
        }
        guard selector.tag.map({ $0 == tag.name }) ?? true else { return false }
        let own = (value("class") ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        return selector.classes.allSatisfy(own.contains)
            && selector.attributes.allSatisfy { wanted in
                value(wanted.name).map { wanted.value == nil || $0 == wanted.value } ?? false
            }
    }

    private mutating func nextTag() -> Tag? {
        while let start = bytes[position...].firstIndex(of: UInt8(ascii: "<")) {
            position = start + 1
            guard position < bytes.count else { return nil }
            if bytes[position...].starts(with: "!--".utf8) {
                position = bytes[position...].firstRange(of: Array("-->".utf8))?.upperBound ?? bytes.count
            } else if Self.isLetter(bytes[position]) {
                return tag()
            }
        }
        return nil
    }

    private mutating func tag() -> Tag? {
        var tag = Tag(name: word { !Self.isBlank($0) && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/") })
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: ">") {
                position += 1
                return tag
            }
            if Self.isBlank(byte) || byte == UInt8(ascii: "/") {
                position += 1
                continue
            }
            let start = position
            let name = word { !Self.isBlank($0) && !"=>/".utf8.contains($0) }
            if position == start { position += 1 }
            while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
            guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
                tag.attributes.append((name, []))
                continue
            }
            position += 1
            while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
            tag.attributes.append((name, Self.decoded(attributeValue())))
        }
        return nil
    }

    private mutating func attributeValue() -> ArraySlice<UInt8> {
        guard position < bytes.count else { return [] }
        let quote = bytes[position]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            let value = bytes[position...].prefix { !Self.isBlank($0) && $0 != UInt8(ascii: ">") }
            position = value.endIndex
            return value
        }
        let value = bytes[(position + 1)...].prefix { $0 != quote }
        position = min(bytes.count, value.endIndex + 1)
        return value
    }

    private mutating func skipText(of name: String) {
        let end = Array("</\(name)".utf8)
        while position < bytes.count {
            if bytes[position...].prefix(end.count).map(\.lowercased) == end { return }
            position += 1
        }
    }

    /// In lower case.
    private mutating func word(_ isPart: (UInt8) -> Bool) -> String {
        let word = bytes[position...].prefix(while: isPart)
        position = word.endIndex
        return String(decoding: word.map(\.lowercased), as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte.lowercased) }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = text.drop(while: isBlank)
        return start.prefix(start.count - start.reversed().prefix(while: isBlank).count)
    }

    private static let named = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}"]

    /// Without character references: numbers, and the names that pages need for what is markup otherwise.
    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        guard text.contains(UInt8(ascii: "&")) else { return Array(text) }
        var decoded: [UInt8] = []
        var rest = text
        while let byte = rest.first {
            if byte == UInt8(ascii: "&"), let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) {
                let name = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
                if let meant = reference(name) {
                    decoded += Array(meant.utf8)
                    rest = rest[(end + 1)...]
                    continue
                }
            }
            decoded.append(byte)
            rest = rest.dropFirst()
        }
        return decoded
    }

    private static func reference(_ name: String) -> String? {
        guard name.hasPrefix("#") else { return named[name] }
        let digits = name.dropFirst()
        let isHexadecimal = digits.first == "x" || digits.first == "X"
        let code = isHexadecimal ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return code.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }
}

/// A regular expression, whose first group is what is looked for; without a group it is the whole match.
struct TextPattern: @unchecked Sendable {
    // A compiled expression is changed by nobody; the standard library does not say so, since others may hold code.
    private let regex: Regex<AnyRegexOutput>

    init(_ text: String) throws {
        do {
            regex = try Regex(text).matchingSemantics(.unicodeScalar)
        } catch {
            throw Problem(.usage, "\(text) is no regular expression: \(error)")
        }
    }

    /// Of the first place that fits; nil where none does.
    func value(in bytes: [UInt8]) -> [UInt8]? {
        guard let match = String(decoding: bytes, as: UTF8.self).firstMatch(of: regex) else { return nil }
        let output = match.output
        let wanted = output.count > 1 ? output[1] : output[0]
        return wanted.substring.map { Array($0.utf8) }
    }
}
