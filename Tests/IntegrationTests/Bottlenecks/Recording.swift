import Foundation

/// Records of runs that are kept beside the tests.
enum Recording {
    /// `all`, or some like `local/store-pool`, with blanks between them.
    private static let asked =
        ProcessInfo.processInfo.environment["STORELAB_RECORD_BOTTLENECKS"]?.split(separator: " ").map(String.init) ?? []

    static var isAsked: Bool { !asked.isEmpty }

    static func isAsked(_ bottleneck: MadeBottleneck, _ stack: String) -> Bool {
        asked.contains("all") || asked.contains("\(stack)/\(bottleneck.rawValue)")
    }

    /// Copies what a report is made from, and nothing else.
    static func keep(_ laboratory: Laboratory, _ bottleneck: MadeBottleneck, _ stack: String) throws {
        let files = FileManager.default
        let place = Laboratory.home + "/Tests/Recordings/\(stack)/\(bottleneck.rawValue)"
        try? files.removeItem(atPath: place)
        try files.createDirectory(atPath: place + "/01-made", withIntermediateDirectories: true)
        for name in ["manifest.json", "01-made/record.json", "01-made/samples.jsonl"] {
            // Lines that were not compressed show in a commit what has changed.
            try Data(laboratory.read(name).utf8).write(to: URL(fileURLWithPath: place + "/" + name))
        }
    }
}
