/// Bytes on their way through the proxy in one direction, in order, each chunk with the time before which it must not go
/// on; at last the end of the stream. It reads no clock.
package struct DelayLine {
    private struct Chunk {
        var bytes: [UInt8]
        var due: UInt64
    }

    private var chunks: [Chunk] = []
    /// Of the chunks, the first that is not all sent, and how much of it is.
    private var head = 0
    private var sent = 0
    private var endDue: UInt64?
    private var lastDue: UInt64 = 0
    /// Bytes held.
    package private(set) var count = 0

    package init() {}

    private static let chunkCost = 64

    /// What it takes of memory, roughly: bytes, and what each chunk costs besides.
    package var weight: Int { count + (chunks.count - head) * Self.chunkCost }

    /// Neither bytes nor the end are held.
    package var isEmpty: Bool { head == chunks.count && endDue == nil }

    /// When the next of it is due; nil when nothing is held.
    package var due: UInt64? { head < chunks.count ? chunks[head].due : endDue }

    /// The end of the stream is all that is held.
    package var isAtEnd: Bool { head == chunks.count && endDue != nil }

    /// Adds a chunk. No chunk overtakes another; as no one's delay is longer than the longest, waiting for those before it
    /// makes none later than that.
    package mutating func add(_ bytes: UnsafeRawBufferPointer, due: UInt64) {
        lastDue = max(lastDue, due)
        chunks.append(Chunk(bytes: Array(bytes), due: lastDue))
        count += bytes.count
    }

    /// The stream ends after what was added.
    package mutating func end(due: UInt64) {
        lastDue = max(lastDue, due)
        endDue = lastDue
    }

    /// Hands over the rest of the first chunk.
    /// - Returns: what the body returns; nil when no bytes are held.
    package func withFirst<Answer>(_ body: (UnsafeRawBufferPointer) -> Answer) -> Answer? {
        guard head < chunks.count else { return nil }
        return chunks[head].bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
    }

    /// So many bytes of the first chunk have gone on.
    package mutating func remove(_ number: Int) {
        sent += number
        count -= number
        guard sent == chunks[head].bytes.count else { return }
        chunks[head].bytes = []
        sent = 0
        head += 1
        if head == chunks.count {
            chunks.removeAll(keepingCapacity: chunks.capacity <= 64)
            head = 0
        } else if head >= 64, head * 2 >= chunks.count {
            chunks.removeFirst(head)
            head = 0
        }
    }

    /// Nothing waits any longer.
    package mutating func release() {
        for index in chunks.indices { chunks[index].due = 0 }
        if endDue != nil { endDue = 0 }
        lastDue = 0
    }

    /// The end has gone on.
    package mutating func removeEnd() { endDue = nil }
}

extension Interference.Delay {
    /// Uniform between both.
    package func draw(_ source: inout RandomSource) -> UInt64 { from + source.below(to - from + 1) }
}

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
package struct RandomSource: Sendable {
    private var state: UInt64

    /// The stream of one part: its name and the seed determine it.
    package init(seed: UInt64, part: String) {
        // FNV-1a.
        state = part.utf8.reduce(seed ^ 0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// Uniform in `0 ..< bound` by the high half of a product; its bias is below `bound / 2^64`.
    package mutating func below(_ bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }
}
