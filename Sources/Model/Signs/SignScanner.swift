/// Finds the known signs in text, at a fraction of the cost of a look at each byte: most positions are jumped over.
///
/// Wu and Manber, "A fast algorithm for multi-pattern searching", TR-94-17, University of Arizona, 1994, with blocks of two
/// bytes.
package struct SignScanner: Sendable {
    /// Of all that a log or an answer may hold.
    package static let shared = SignScanner(SignText.all)

    private struct Pattern: Sendable {
        var text: SignText
        var bytes: [UInt8]
        var beside: [[UInt8]]
        var unless: [[UInt8]]
    }

    private let patterns: [Pattern]
    /// Bytes of the window: as many as the shortest pattern has.
    private let window: Int
    /// By a window's last two bytes, how far the next possible match is away; 0 where there may be one.
    private let shifts: [UInt8]
    /// The patterns whose window ends with two bytes.
    private let candidates: [UInt16: [Int]]
    /// A line is looked at no further from a match than this.
    private static let reach = 2048

    init(_ texts: [SignText]) {
        patterns = texts.map { text in
            Pattern(
                text: text, bytes: Array(text.text.utf8), beside: text.beside.map { Array($0.utf8) },
                unless: text.unless.map { Array($0.utf8) })
        }
        let window = patterns.map(\.bytes.count).min() ?? 2
        var shifts = [UInt8](repeating: UInt8(window - 1), count: 65_536)
        var candidates: [UInt16: [Int]] = [:]
        for (index, pattern) in patterns.enumerated() {
            for end in 1..<window {
                let block = UInt16(pattern.bytes[end - 1]) << 8 | UInt16(pattern.bytes[end])
                shifts[Int(block)] = min(shifts[Int(block)], UInt8(window - 1 - end))
                if end == window - 1 { candidates[block, default: []].append(index) }
            }
        }
        self.window = window
        self.shifts = shifts
        self.candidates = candidates
    }

    /// Calls for every sign of every line, once for each sign of a line.
    /// - Parameter found: takes the sign, its line without the end of it, and where in the bytes the text stands.
    package func lines(
        in bytes: UnsafeRawBufferPointer, _ found: (_ sign: SignKind, _ line: Range<Int>, _ place: Int) -> Void
    ) {
        var line = 0..<0
        var seen: Set<SignKind> = []
        matches(in: bytes) { index, place in
            if place >= line.upperBound {
                line = Self.line(around: place, after: line.upperBound, in: bytes)
                seen = []
            }
            let pattern = patterns[index]
            guard !seen.contains(pattern.text.kind), stands(pattern, at: place, of: line, in: bytes) else { return }
            seen.insert(pattern.text.kind)
            found(pattern.text.kind, line, place)
        }
    }

    private func matches(in bytes: UnsafeRawBufferPointer, _ found: (Int, Int) -> Void) {
        shifts.withUnsafeBufferPointer { shifts in
            var end = window - 1
            while end < bytes.count {
                let block = UInt16(bytes[end - 1]) << 8 | UInt16(bytes[end])
                let shift = shifts[Int(block)]
                if shift > 0 {
                    end += Int(shift)
                    continue
                }
                let start = end - window + 1
                for index in candidates[block] ?? [] where Self.holds(patterns[index].bytes, at: start, in: bytes) {
                    found(index, start)
                }
                end += 1
            }
        }
    }

    private func stands(
        _ pattern: Pattern, at place: Int, of line: Range<Int>, in bytes: UnsafeRawBufferPointer
    ) -> Bool {
        let end = place + pattern.bytes.count
        if pattern.text.isWord,
            place > 0 && Self.isWord(bytes[place - 1]) || end < bytes.count && Self.isWord(bytes[end])
        {
            return false
        }
        let near = max(line.lowerBound, place - Self.reach)..<min(line.upperBound, end + Self.reach)
        func holds(_ text: [UInt8]) -> Bool {
            near.count >= text.count
                && (near.lowerBound...near.upperBound - text.count).contains { Self.holds(text, at: $0, in: bytes) }
        }
        return (pattern.beside.isEmpty || pattern.beside.contains(where: holds))
            && !pattern.unless.contains(where: holds)
            && (!pattern.text.namesHost || NamedHost.stands(in: bytes, near))
    }

    private static func holds(_ text: [UInt8], at start: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard start + text.count <= bytes.count else { return false }
        for index in text.indices where bytes[start + index] != text[index] { return false }
        return true
    }

    private static func line(around place: Int, after earlier: Int, in bytes: UnsafeRawBufferPointer) -> Range<Int> {
        var (start, end) = (place, place)
        while start > earlier, bytes[start - 1] != 0x0A { start -= 1 }
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        return start..<end
    }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "_"): true
        default: false
        }
    }
}
