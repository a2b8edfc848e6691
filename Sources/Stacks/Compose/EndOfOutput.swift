import Foundation
import Subprocess

/// The end of what a program says, however much that is. A limit that is an error would fail a call that did what it was
/// asked to do, only because it was talkative.
struct EndOfOutput {
    private var bytes: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: more)
        if bytes.count > 2 * limit { bytes.removeFirst(bytes.count - limit) }
    }

    var text: String { String(decoding: bytes.suffix(limit), as: UTF8.self) }

    static func text(of output: SubprocessOutputSequence, limit: Int) async throws -> String {
        var end = EndOfOutput(limit: limit)
        for try await part in output { part.withUnsafeBytes { end.append($0) } }
        return end.text
    }
}
