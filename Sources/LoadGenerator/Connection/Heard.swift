/// What came of an answer, for those who look at a failed one.
struct Heard {
    /// The beginning, of one that came in several pieces.
    var before: [UInt8] = []
    /// The piece that came last; valid only while it is handed on.
    var last: UnsafeRawBufferPointer?
    /// It came over HTTP/2, and is written here as HTTP/1.1 has it.
    var isHTTP2 = false

    var isEmpty: Bool { before.isEmpty && last == nil }

    /// At most so many bytes.
    func beginning(_ most: Int) -> [UInt8] {
        let beginning: [UInt8]
        if let last, before.count < most {
            beginning = before + last.prefix(most - before.count)
        } else {
            beginning = Array(before.prefix(most))
        }
        let version = Array("HTTP/1.1".utf8)
        return isHTTP2 && beginning.starts(with: version)
            ? Array("HTTP/2".utf8) + beginning.dropFirst(version.count) : beginning
    }
}
