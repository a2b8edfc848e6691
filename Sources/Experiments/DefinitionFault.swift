/// One thing that is wrong in a file, and where.
package struct DefinitionFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The path as the user gave it.
    package var file: String
    /// From 1.
    package var line: Int
    /// From 1, in Unicode scalars.
    package var column: Int
    package var message: String

    package init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    package var description: String { "\(file):\(line):\(column): \(message)" }
}

/// All that is wrong in a set of files.
package struct DefinitionFaults: Error, Sendable, Equatable, CustomStringConvertible {
    /// Sorted by file, line and column; each fault once.
    package let faults: [DefinitionFault]

    package init(_ faults: [DefinitionFault]) {
        var sorted: [DefinitionFault] = []
        for fault in faults.sorted(by: { Self.order($0) < Self.order($1) }) where sorted.last != fault {
            sorted.append(fault)
        }
        self.faults = sorted
    }

    package var description: String { faults.map(\.description).joined(separator: "\n") }

    private static func order(_ fault: DefinitionFault) -> (String, Int, Int, String) {
        (fault.file, fault.line, fault.column, fault.message)
    }
}

/// A place in a text, both counted from 1; columns in Unicode scalars, as YAML counts them.
struct Place: Equatable {
    var line: Int
    var column: Int

    static let start = Place(line: 1, column: 1)
}

/// Collects the faults of one file while it is read.
final class FaultLog {
    let file: String
    private(set) var faults: [DefinitionFault] = []

    init(file: String) {
        self.file = file
    }

    /// Nobody reads more of one file; those that come after are found once these are mended.
    private static let most = 100

    func add(_ message: String, at place: Place) {
        guard faults.count < Self.most else { return }
        faults.append(DefinitionFault(file: file, line: place.line, column: place.column, message: message))
    }

    func add(_ others: [DefinitionFault]) {
        faults += others
    }
}
