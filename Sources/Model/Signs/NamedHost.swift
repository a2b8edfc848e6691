/// Whether a line names whom it speaks of: `mysql:3306`, `10.0.0.7:6379`, `port=5432`, or `server on 'mysql'`.
enum NamedHost {
    static func stands(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        for place in range {
            switch bytes[place] {
            case UInt8(ascii: ":") where isPort(after: place, bytes, range) && isHost(before: place, bytes, range):
                return true
            case UInt8(ascii: "p") where holds("port", at: place, bytes, range):
                let next = place + 4
                if next < range.upperBound, " =".utf8.contains(bytes[next]), isPort(after: next, bytes, range) {
                    return true
                }
            case UInt8(ascii: "s") where holds("server on '", at: place, bytes, range): return true
            default: break
            }
        }
        return false
    }

    /// Two to five digits, and then the end of the word: a time of day goes on.
    private static func isPort(after place: Int, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var next = place + 1
        while next < range.upperBound, isDigit(bytes[next]) { next += 1 }
        guard (2...5).contains(next - place - 1) else { return false }
        return next == range.upperBound || bytes[next] != UInt8(ascii: ":") && !SignScanner.isWord(bytes[next])
            || bytes[next] == UInt8(ascii: ":") && (next + 1 == range.upperBound || !isDigit(bytes[next + 1]))
    }

    /// A name or an address: with a letter, a dot or a bracket, where a time of day has digits alone.
    private static func isHost(before place: Int, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var previous = place - 1
        var isNamed = false
        while previous >= range.lowerBound {
            let byte = bytes[previous]
            if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "]") || SignScanner.isWord(byte) && !isDigit(byte) {
                isNamed = true
            } else if !isDigit(byte), byte != UInt8(ascii: "-") {
                break
            }
            previous -= 1
        }
        return isNamed
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func holds(
        _ text: StaticString, at place: Int, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
    ) -> Bool {
        guard place + text.utf8CodeUnitCount <= range.upperBound else { return false }
        for index in 0..<text.utf8CodeUnitCount where bytes[place + index] != text.utf8Start[index] { return false }
        return true
    }
}
