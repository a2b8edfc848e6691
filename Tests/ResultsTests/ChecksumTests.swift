import Foundation
import Model
import Results
import TestSupport
import Testing

@Suite(.timed) struct ChecksumTests {
    @Test func anEditIsFoundWithItsLine() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "checksums-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = folder + "/a.jsonl"
        try Data("{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n".utf8).write(to: URL(filePath: file))
        let sums = try Checksums(of: ["a.jsonl"], in: folder)
        #expect(try sums.changes(of: "a.jsonl", in: folder) == [])
        try Data("{\"n\":1}\n{\"n\":7}\n{\"n\":3}\n".utf8).write(to: URL(filePath: file))
        #expect(try sums.changes(of: "a.jsonl", in: folder) == [2])
        try Data("{\"n\":1}\n{\"n\":2}\n".utf8).write(to: URL(filePath: file))
        #expect(try sums.changes(of: "a.jsonl", in: folder) == [3, 4])
        #expect(throws: Problem.self) { try sums.changes(of: "a.jsonl", in: folder + "/none") }
    }
}
