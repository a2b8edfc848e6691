/// How a value is written so that it stands for itself where it comes to stand. What a value holds never changes the request
/// around it.
enum Escape: Sendable {
    case plain
    /// Between the quotes of a JSON string (RFC 8259, section 7).
    case jsonString
    /// Anywhere else in a JSON text: a JSON value as it is, other text as a string of its own.
    case jsonValue
    /// Between two slashes of a path (RFC 3986, section 3.3).
    case segment
    /// A name or value in a query.
    case query
    /// A name or value of `application/x-www-form-urlencoded` (URL standard, section 5.2).
    case form
    /// In an XML or HTML text.
    case markup
    /// In a header field: what would end the field is left out.
    case field
    /// A whole path, or a URL of this target: what is encoded in it already is left.
    case reference

    func applied(to value: [UInt8]) -> [UInt8] {
        switch self {
        case .plain: return value
        case .field: return value.filter { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        case .jsonString: return Self.inString(value)
        case .jsonValue:
            return Self.isJSON(value) ? value : [UInt8(ascii: "\"")] + Self.inString(value) + [UInt8(ascii: "\"")]
        case .segment, .query: return Self.encoded(value) { !Self.isUnreserved($0) }
        case .form:
            return Self.encoded(value) { $0 != 0x20 && !(Self.isUnreserved($0) && $0 != UInt8(ascii: "~")) }
                .map { $0 == 0x20 ? UInt8(ascii: "+") : $0 }
        case .markup:
            guard value.contains(where: { Self.entity($0) != nil }) else { return value }
            return value.flatMap { Self.entity($0).map { Array($0.utf8) } ?? [$0] }
        case .reference: return Self.encoded(Origin.target(in: value), where: Self.isIllegalInTarget)
        }
    }

    /// The text of the definition itself is taken as it was written, but for what no request line can hold.
    func applied(toLiteral text: [UInt8]) -> [UInt8] {
        switch self {
        case .segment, .query, .reference: Self.encoded(text, where: Self.isIllegalInTarget)
        case .plain, .jsonString, .jsonValue, .form, .markup, .field: text
        }
    }

    private static func encoded(_ value: [UInt8], where isUnsafe: (UInt8) -> Bool) -> [UInt8] {
        guard value.contains(where: isUnsafe) else { return value }
        return value.flatMap { isUnsafe($0) ? [UInt8(ascii: "%")] + hexadecimal($0) : [$0] }
    }

    private static func inString(_ value: [UInt8]) -> [UInt8] {
        guard value.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else { return value }
        return value.flatMap { byte -> [UInt8] in
            if byte == 0x22 || byte == 0x5C { return [0x5C, byte] }
            return byte < 0x20 ? Array("\\u00".utf8) + hexadecimal(byte) : [byte]
        }
    }

    private static func isJSON(_ value: [UInt8]) -> Bool {
        var scanner = JSONScanner()
        scanner.begin(wanting: [])
        scanner.receive(value.span)
        if case .sound = scanner.verdict() { return true }
        return false
    }

    private static func entity(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }

    /// RFC 3986, section 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }

    static func isIllegalInTarget(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte >= 0x7F || "\"#<>\\^`{|}".utf8.contains(byte)
    }

    private static func hexadecimal(_ byte: UInt8) -> [UInt8] {
        [byte >> 4, byte & 0xF].map { $0 < 10 ? $0 + 0x30 : $0 + 0x37 }
    }
}

/// Follows the text of a part of a request, and so knows how a value must be written that comes next.
struct TextPlace {
    enum Part: Sendable {
        /// Path and query of the request's first line.
        case target
        case field
        case json, form, markup, plain
    }

    private let part: Part
    private var hasBegun = false
    private var isInQuery = false
    private var isInString = false
    private var isEscaped = false

    init(_ part: Part) {
        self.part = part
    }

    /// What a body of this content type is made of; JSON where none is named.
    static func part(ofBody type: String?) -> Part {
        guard let type = type?.lowercased() else { return .json }
        if type.contains("json") { return .json }
        if type.contains("x-www-form-urlencoded") { return .form }
        return type.contains("xml") || type.contains("html") ? .markup : .plain
    }

    var escape: Escape {
        switch part {
        case .target: !hasBegun ? .reference : isInQuery ? .query : .segment
        case .field: .field
        case .json: isInString ? .jsonString : .jsonValue
        case .form: .form
        case .markup: .markup
        case .plain: .plain
        }
    }

    mutating func pass(_ text: [UInt8]) {
        hasBegun = hasBegun || !text.isEmpty
        switch part {
        case .target: isInQuery = isInQuery || text.contains(UInt8(ascii: "?"))
        case .json:
            for byte in text {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\"") {
                    isInString.toggle()
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = isInString
                }
            }
        case .field, .form, .markup, .plain: break
        }
    }

    /// A value came to stand here.
    mutating func passValue() { hasBegun = true }
}
