import Model

/// Finds values in a JSON text that has been found sound.
struct JSONLocator {
    enum Found: Equatable {
        case string([UInt8])
        /// A number, `true`, `false` or `null`, as it is written.
        case word([UInt8])
        case container
    }

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Returns: nil where the text has no such place.
    func value(at path: JSONPath) -> Found? {
        var position = skipBlanks(0)
        for step in path.steps {
            let inner: Int?
            switch step {
            case .key(let key): inner = member(Array(key.utf8), of: position)
            case .index(let index): inner = element(index, of: position)
            }
            guard let inner else { return nil }
            position = inner
        }
        guard position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "\""): return .string(decoded(position))
        case UInt8(ascii: "{"), UInt8(ascii: "["): return .container
        default: return .word(Array(bytes[position..<end(ofValueAt: position)]))
        }
    }

    /// Where the value of a key begins; of the first such key.
    private func member(_ key: [UInt8], of start: Int) -> Int? {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else { return nil }
        var position = skipBlanks(start + 1)
        while position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            let value = skipBlanks(skipBlanks(end(ofValueAt: position)) + 1)
            if decoded(position) == key { return value }
            position = skipBlanks(skipBlanks(end(ofValueAt: value)) + 1)
        }
        return nil
    }

    private func element(_ index: Int, of start: Int) -> Int? {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "[") else { return nil }
        var position = skipBlanks(start + 1)
        for _ in 0..<index {
            guard position < bytes.count, bytes[position] != UInt8(ascii: "]") else { return nil }
            position = skipBlanks(end(ofValueAt: position))
            guard position < bytes.count, bytes[position] == UInt8(ascii: ",") else { return nil }
            position = skipBlanks(position + 1)
        }
        return position < bytes.count && bytes[position] != UInt8(ascii: "]") ? position : nil
    }

    private func end(ofValueAt start: Int) -> Int {
        var position = start
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""): position = end(ofStringAt: position) - 1
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x09, 0x0A, 0x0D, 0x20: break
            default:
                while position + 1 < bytes.count, Self.isWord(bytes[position + 1]) { position += 1 }
            }
            position += 1
            if depth <= 0 { break }
        }
        return min(position, bytes.count)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    private func end(ofStringAt start: Int) -> Int {
        var position = start + 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(position + 1, bytes.count)
    }

    private func skipBlanks(_ start: Int) -> Int {
        var position = start
        while position < bytes.count, [0x09, 0x0A, 0x0D, 0x20].contains(bytes[position]) { position += 1 }
        return position
    }

    /// The string at a place, without its quotes and escapes.
    private func decoded(_ start: Int) -> [UInt8] {
        let raw = bytes[min(start + 1, bytes.count)..<max(start + 1, end(ofStringAt: start) - 1)]
        guard raw.contains(UInt8(ascii: "\\")) else { return Array(raw) }
        var text: [UInt8] = []
        var units: [UInt16] = []
        func flush() {
            text.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
            units = []
        }
        var position = raw.startIndex
        while position < raw.endIndex {
            guard raw[position] == UInt8(ascii: "\\"), position + 1 < raw.endIndex else {
                if !units.isEmpty { flush() }
                text.append(raw[position])
                position += 1
                continue
            }
            if raw[position + 1] == UInt8(ascii: "u"), position + 6 <= raw.endIndex {
                let unit = raw[(position + 2)..<(position + 6)].reduce(0) { $0 << 4 | (UInt32(hexadecimal: $1) ?? 0) }
                units.append(UInt16(truncatingIfNeeded: unit))
                position += 6
                continue
            }
            if !units.isEmpty { flush() }
            text.append(JSONScanner.escapes(raw[position + 1]) ?? raw[position + 1])
            position += 2
        }
        if !units.isEmpty { flush() }
        return text
    }
}
