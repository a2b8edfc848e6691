import Glibc

/// Bytes that grow at their end. An array would look for its room, and for others who hold it, with each of the forty pieces
/// of which the head of a small answer consists.
struct AnswerText: ~Copyable {
    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init() {
        capacity = 512
        start = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { start.deallocate() }

    /// Valid until the text changes.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    mutating func removeAll() { count = 0 }

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        makeRoom(piece.count)
        put(piece)
    }

    /// Adds `name`, `between`, `value` and the end of a line.
    mutating func appendLine(_ name: UnsafeRawBufferPointer, _ between: StaticString, _ value: UnsafeRawBufferPointer) {
        let middle = UnsafeRawBufferPointer(start: between.utf8Start, count: between.utf8CodeUnitCount)
        makeRoom(name.count + middle.count + value.count + 2)
        put(name)
        put(middle)
        put(value)
        putLineEnd()
    }

    mutating func appendLineEnd() {
        makeRoom(2)
        putLineEnd()
    }

    private mutating func put(_ piece: UnsafeRawBufferPointer) {
        guard let source = piece.baseAddress else { return }
        memcpy(start + count, source, piece.count)
        count += piece.count
    }

    private mutating func putLineEnd() {
        start.storeBytes(of: UInt16(littleEndian: 0x0A0D), toByteOffset: count, as: UInt16.self)
        count += 2
    }

    private mutating func makeRoom(_ more: Int) {
        guard count + more > capacity else { return }
        capacity = 2 * (count + more)
        let place = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        memcpy(place, start, count)
        start.deallocate()
        start = place
    }
}
