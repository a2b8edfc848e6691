/// Cuts a stream of bytes into frames: four bytes with a frame's length, the highest first, then so many bytes.
package struct FrameReader: Sendable {
    package enum Fault: Error, Sendable, Equatable {
        /// A frame was announced that is longer than any may be; nothing after it can be read.
        case oversized(Int)
        /// The stream ended within a frame.
        case truncated
    }

    /// In bytes. A second of a hundred tasks takes some ten kilobytes; files are sent in parts.
    package static let longest = 16 << 20

    private var buffer: [UInt8] = []

    package init() {}

    /// - Returns: the frames that are whole now, in order.
    package mutating func read(_ bytes: some Collection<UInt8>) throws(Fault) -> [[UInt8]] {
        buffer.append(contentsOf: bytes)
        var frames: [[UInt8]] = []
        var start = 0
        while buffer.count - start >= 4 {
            let length = buffer[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= Self.longest else { throw .oversized(length) }
            guard buffer.count - start - 4 >= length else { break }
            frames.append(Array(buffer[start + 4..<start + 4 + length]))
            start += 4 + length
        }
        buffer.removeFirst(start)
        return frames
    }

    /// The stream is at its end.
    package func finish() throws(Fault) {
        if !buffer.isEmpty { throw .truncated }
    }

    /// The bytes of one frame.
    /// - Throws: `oversized` for one that the other side would refuse.
    package static func bytes(of frame: [UInt8]) throws(Fault) -> [UInt8] {
        guard frame.count <= longest else { throw .oversized(frame.count) }
        let length = UInt32(frame.count)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + frame
    }
}
