import Model
import Synchronization

/// What requests name: values of their user and tables, by their places.
struct RequestNames {
    /// Values that some task takes out of an answer, and at most as many as a word has bits.
    let variables: [String]
    private(set) var files: [String] = []
    /// Those of the variables that are the path of a request, from its beginning on.
    let references: Set<String>
    /// Values of header fields that hold a URL.
    private let locations: Set<String>

    init(_ tasks: [LoadTask]) throws {
        let locations = Set(tasks.flatMap(\.takes).filter(\.isLocation).map(\.name))
        self.locations = locations
        references = Set(
            tasks.compactMap { task in
                guard case .variable(let name) = Self.withoutSlash(task.pathPieces, before: locations).first else {
                    return nil
                }
                return name
            })
        var variables: [String] = []
        for name in tasks.flatMap(\.takes).map(\.name) where !variables.contains(name) { variables.append(name) }
        guard variables.count <= 64 else { throw Problem(.usage, "The tasks take more than 64 different values.") }
        self.variables = variables
    }

    /// - Throws: a `Problem` for a value that no task takes.
    func variable(_ name: String, of task: String) throws -> Int {
        guard let index = variables.firstIndex(of: name) else {
            throw Problem(.usage, "Task \(task) names the value \(name), which no task takes out of an answer.")
        }
        return index
    }

    func bits(_ names: [String], of task: String) throws -> UInt64 {
        try names.reduce(0) { try $0 | 1 << UInt64(variable($1, of: task)) }
    }

    /// `/${where}` is `${where}` where the value is a URL, which has its own slash.
    func withoutSlash(_ pieces: [BodyTemplate.Piece]) -> [BodyTemplate.Piece] {
        Self.withoutSlash(pieces, before: locations)
    }

    private static func withoutSlash(
        _ pieces: [BodyTemplate.Piece], before locations: Set<String>
    ) -> [BodyTemplate.Piece] {
        guard pieces.count > 1, pieces[0] == .text("/"), case .variable(let name) = pieces[1], locations.contains(name)
        else { return pieces }
        return Array(pieces.dropFirst())
    }

    mutating func table(_ file: String) -> Int {
        if let index = files.firstIndex(of: file) { return index }
        files.append(file)
        return files.count - 1
    }
}

/// Counts from 0 for all users of all threads.
final class SharedCounter: Sendable {
    private let value = Atomic<Int>(0)

    func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}

extension Take {
    /// Whether it comes from a field whose value is a URL (RFC 9110, sections 8.7 and 10.2.2).
    fileprivate var isLocation: Bool {
        guard case .header(let name) = source else { return false }
        return ["location", "content-location"].contains(name.lowercased())
    }
}
