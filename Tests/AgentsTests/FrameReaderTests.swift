import Agents
import TestSupport
import Testing

@Suite(.timed) struct FrameReaderTests {
    @Test(arguments: [1, 2, 3, 7, 1000])
    func framesAreWholeHoweverTheirBytesCome(piece: Int) throws {
        let frames: [[UInt8]] = [[], [7], Array(repeating: 9, count: 300), Array(0...255)]
        let stream = try frames.flatMap { try FrameReader.bytes(of: $0) }
        var reader = FrameReader()
        var read: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: piece) {
            read += try reader.read(stream[start..<min(stream.count, start + piece)])
        }
        #expect(read == frames)
        try reader.finish()
    }

    @Test func aFrameThatIsTooLongIsRefusedBeforeItIsThere() throws {
        var reader = FrameReader()
        let length = FrameReader.longest + 1
        let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
        #expect(throws: FrameReader.Fault.oversized(length)) { try reader.read(head) }
        #expect(throws: FrameReader.Fault.oversized(length)) {
            try FrameReader.bytes(of: Array(repeating: 0, count: length))
        }
        // Text in the place of frames, such as a greeting of somebody's shell, announces one that is far too long.
        var other = FrameReader()
        #expect(throws: FrameReader.Fault.oversized(0x5765_6C63)) { try other.read(Array("Welcome".utf8)) }
    }

    @Test(arguments: [1, 3, 4, 6])
    func anEndWithinAFrameIsAFault(length: Int) throws {
        var reader = FrameReader()
        let bytes = try FrameReader.bytes(of: [1, 2, 3])
        let frames = try reader.read(bytes.prefix(length))
        #expect(frames == [])
        #expect(throws: FrameReader.Fault.truncated) { try reader.finish() }
    }
}
