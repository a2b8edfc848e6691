import Foundation
import Testing

/// Compares a text with the file of that name beside the tests; `STORELAB_RECORD=1` writes the file anew.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
    if ProcessInfo.processInfo.environment["STORELAB_RECORD"] == "1" {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }
    let expected = try String(decoding: Data(contentsOf: file), as: UTF8.self)
    guard text != expected else { return }
    let (got, wanted) = (text.split(separator: "\n"), expected.split(separator: "\n"))
    let line = zip(got, wanted).enumerated().first { $1.0 != $1.1 }
    let place = line.map { "line \($0.offset + 1): \($0.element.0) instead of \($0.element.1)" } ?? "its length"
    Issue.record("\(name) differs in \(place)", sourceLocation: sourceLocation)
}
