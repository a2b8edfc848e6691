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

/// A report with the place in the record that each footnote leads to, as `<place>`, instead of the footnote's id.
func withPlaces(_ report: String) -> String {
    let rows = report.matches(of: /\n\| \[(\d+)\] \| `+(.*?)`+ \|/)
    var places: [Substring: Substring] = [:]
    for row in rows { places[row.output.1] = row.output.2 }
    let end = rows.first?.range.lowerBound ?? report.endIndex
    return String(
        report[..<end].replacing(/\[(\d+)\]/) { match -> String in
            guard let place = places[match.output.1] else { return String(match.output.0) }
            return "<\(place)>"
        })
}
