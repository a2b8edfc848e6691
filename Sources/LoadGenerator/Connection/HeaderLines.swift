/// The first line of an answer: `HTTP/1.1 200 OK`.
struct StatusLine {
    var minorVersion: Int
    var status: Int

    init?(_ line: Span<UInt8>) {
        guard line.count >= 12, Self.canBegin(with: line), line[8] == 0x20 else { return nil }
        guard line.count == 12 || line[12] == 0x20 else { return nil }
        var code = 0
        for index in 9..<12 {
            guard let digit = line[index].decimalDigit else { return nil }
            code = code * 10 + digit
        }
        guard code >= 100 else { return nil }
        status = code
        minorVersion = Int(line[7]) - 0x30
    }

    /// Whether these bytes may be the beginning of a status line.
    static func canBegin(with bytes: Span<UInt8>) -> Bool {
        let version: StaticString = "HTTP/1."
        for index in 0..<min(7, bytes.count) where bytes[index] != version.utf8Start[index] { return false }
        return bytes.count < 8 || bytes[7] == 0x30 || bytes[7] == 0x31
    }
}

/// Readers of the few header fields that frame an answer.
enum HeaderValue {
    /// The index of the colon after the field's name; nil when the line is no header field.
    static func nameEnd(_ line: Span<UInt8>) -> Int? {
        for index in 0..<line.count {
            let byte = line[index]
            if byte == 0x3A { return index > 0 ? index : nil }
            if byte <= 0x20 || byte >= 0x7F { return nil }
        }
        return nil
    }

    /// A length, or a list of the same length several times (RFC 9112, section 6.3).
    static func length(_ value: Span<UInt8>) -> Int? {
        var known: Int?
        var start = 0
        for index in 0...value.count where index == value.count || value[index] == 0x2C {
            guard let length = number(value, trimmed(value, start..<index)), known == nil || known == length else {
                return nil
            }
            known = length
            start = index + 1
        }
        return known
    }

    private static func number(_ value: Span<UInt8>, _ digits: Range<Int>) -> Int? {
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var length = 0
        for index in digits {
            guard let digit = value[index].decimalDigit else { return nil }
            length = length * 10 + digit
        }
        return length
    }

    /// The hexadecimal size before any extension.
    static func chunkSize(_ line: Span<UInt8>) -> Int? {
        var size = 0
        var digits = 0
        loop: for index in 0..<line.count {
            let byte = line[index]
            switch byte {
            case 0x30...0x39: size = size << 4 | Int(byte - 0x30)
            case 0x41...0x46: size = size << 4 | Int(byte - 0x41 + 10)
            case 0x61...0x66: size = size << 4 | Int(byte - 0x61 + 10)
            case 0x20, 0x09, 0x3B: break loop
            default: return nil
            }
            digits += 1
            if digits > 15 { return nil }
        }
        return digits > 0 ? size : nil
    }

    static func contains(token: StaticString, in list: Span<UInt8>) -> Bool {
        var start = 0
        while start < list.count {
            let end = list.firstIndex(of: 0x2C, from: start) ?? list.count
            if isToken(token, list, start..<end) { return true }
            start = end + 1
        }
        return false
    }

    static func lastToken(_ list: Span<UInt8>, is token: StaticString) -> Bool {
        var start = 0
        while let comma = list.firstIndex(of: 0x2C, from: start) { start = comma + 1 }
        return isToken(token, list, start..<list.count)
    }

    /// Where the value stands without the blanks around it.
    static func trimmed(_ value: Span<UInt8>, _ bounds: Range<Int>) -> Range<Int> {
        var start = bounds.lowerBound
        var end = bounds.upperBound
        while start < end, value[start] == 0x20 || value[start] == 0x09 { start += 1 }
        while end > start, value[end - 1] == 0x20 || value[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }

    private static func isToken(_ token: StaticString, _ list: Span<UInt8>, _ bounds: Range<Int>) -> Bool {
        let item = trimmed(list, bounds)
        return item.count == token.utf8CodeUnitCount && list.extracting(item).begins(withLowercased: token)
    }
}

extension UInt8 {
    var decimalDigit: Int? { (0x30...0x39).contains(self) ? Int(self) - 0x30 : nil }

    /// In ASCII.
    var lowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}

extension Span<UInt8> {
    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        var index = start
        while index < count {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// Whether these bytes begin with `text`, which is in lower case, whatever the case of theirs.
    func begins(withLowercased text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount {
            if self[index].lowercased != text.utf8Start[index] { return false }
        }
        return true
    }
}
