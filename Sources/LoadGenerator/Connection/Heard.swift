/// What came of an answer, for those who look at a failed one.
struct Heard {
    /// The beginning, of one that came in several pieces.
    var before: [UInt8] = []
    /// The piece that came last; valid only while it is handed on.
    var last: UnsafeRawBufferPointer?

    var isEmpty: Bool { before.isEmpty && last == nil }

    /// At most so many bytes.
    func beginning(_ most: Int) -> [UInt8] {
        guard let last, before.count < most else { return Array(before.prefix(most)) }
        return before + last.prefix(most - before.count)
    }
}
