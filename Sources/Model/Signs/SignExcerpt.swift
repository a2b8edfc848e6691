/// The line of a sign, to be kept as its example.
package enum SignExcerpt {
    /// Bytes at most that are kept of it.
    private static let most = 1024
    /// The sign is shown with so many characters before it, and in all.
    private static let (before, shown) = (60, 200)

    /// The line from its beginning, so that names of secrets stay with them; or from the sign on, where that is far inside.
    package static func kept(_ bytes: UnsafeRawBufferPointer, line: Range<Int>, place: Int) -> String {
        let start = place - line.lowerBound < most * 3 / 4 ? line.lowerBound : place
        let end = min(line.upperBound, start + most)
        return String(decoding: bytes[start..<end].filter { $0 != 0x0D }, as: UTF8.self)
    }

    /// As much of a kept line as a table holds, with the sign in it.
    package static func shown(_ line: String, of sign: SignKind) -> String {
        let place = Array(line.utf8).withUnsafeBytes { bytes in
            var found: Int?
            SignScanner.shared.lines(in: bytes) { kind, _, place in if kind == sign, found == nil { found = place } }
            return found
        }
        let prefix = place.map { String(decoding: line.utf8.prefix($0), as: UTF8.self).count } ?? 0
        let start = max(0, prefix - before)
        let part = line.dropFirst(start).prefix(shown)
        return (start > 0 ? "…" : "") + part + (line.count > start + part.count ? "…" : "")
    }
}
