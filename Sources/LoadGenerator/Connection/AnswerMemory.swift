import Glibc
import Model

/// The last answer of a task that was found good, byte for byte. The same bytes are good again without being read: the
/// judgement depends on nothing else. Reports and the like answer the same for a while, all of a second's Date included.
struct AnswerMemory {
    private static let longest = 16_384
    private var bytes: [UInt8] = []
    private(set) var keepsAlive = false
    private(set) var compressed: CompressedBodies?

    @inline(__always)
    func holds(_ answer: UnsafeRawBufferPointer) -> Bool {
        guard answer.count == bytes.count, let start = answer.baseAddress else { return false }
        return bytes.withUnsafeBytes { kept in
            kept.baseAddress.map { memcmp($0, start, answer.count) == 0 } ?? false
        }
    }

    mutating func keep(_ answer: UnsafeRawBufferPointer, keepsAlive: Bool, compressed: CompressedBodies?) {
        guard answer.count <= Self.longest else { return }
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: answer)
        self.keepsAlive = keepsAlive
        self.compressed = compressed
    }
}
