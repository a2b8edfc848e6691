import Foundation

/// The files of a project, as `docker compose` in its folder would take them (Docker's documentation, "Merge Compose files"
/// and "COMPOSE_FILE").
package struct ComposeFiles: Sendable, Equatable {
    /// Absolute paths, in the order in which they add to each other.
    package var paths: [String]
    /// What a reader of the record must know about the choice.
    package var notes: [String]

    /// In the order in which Compose looks for them.
    private static let usual = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
    private static let overrides = [
        "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
    ]

    /// - Parameters:
    ///   - named: absolute paths that the definition names; at least one.
    ///   - environment: of this process.
    ///   - exists: whether there is a file of an absolute path.
    ///   - read: the text of a file; nil without it.
    package init(
        named: [String], environment: [String: String],
        exists: (String) -> Bool = { FileManager.default.fileExists(atPath: $0) },
        read: (String) -> String? = { try? String(contentsOfFile: $0, encoding: .utf8) }
    ) {
        paths = named
        notes = []
        guard let file = named.first, named.count == 1 else { return }
        let (folder, name) = ((file as NSString).deletingLastPathComponent, (file as NSString).lastPathComponent)
        // Whoever names another file means that file alone, as with `docker compose --file`.
        guard Self.usual.first(where: { exists("\(folder)/\($0)") }) == name else { return }
        let written = Self.variables(in: read(folder + "/.env") ?? "")
        let variable = { (name: String) in (environment[name] ?? written[name]).flatMap { $0.isEmpty ? nil : $0 } }
        if let list = variable("COMPOSE_FILE") {
            let chosen = list.components(separatedBy: variable("COMPOSE_PATH_SEPARATOR") ?? ":").filter { !$0.isEmpty }
                .map { Self.absolute($0, in: folder) }
            if chosen.contains(file) {
                paths = chosen
                return
            }
            notes.append("COMPOSE_FILE names other files than the definition, so it was not followed: \(list).")
        }
        if let override = Self.overrides.first(where: { exists("\(folder)/\($0)") }) {
            paths.append("\(folder)/\(override)")
        }
    }

    private static func absolute(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? (path as NSString).standardizingPath : ("\(folder)/\(path)" as NSString).standardizingPath
    }

    /// `NAME=value` of each line of an `.env` file; quotes around the value and a comment after it are left out.
    package static func variables(in text: String) -> [String: String] {
        var variables: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmingCharacters(in: .whitespaces)
            guard !line.hasPrefix("#"), let sign = line.firstIndex(of: "=") else { continue }
            var name = line[..<sign].trimmingCharacters(in: .whitespaces)
            if name.hasPrefix("export ") { name = name.dropFirst(7).trimmingCharacters(in: .whitespaces) }
            var value = line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces)
            if let quote = value.first, quote == "\"" || quote == "'", let end = value.dropFirst().firstIndex(of: quote)
            {
                value = String(value[value.index(after: value.startIndex)..<end])
            } else if let comment = value.firstRange(of: " #") {
                value = value[..<comment.lowerBound].trimmingCharacters(in: .whitespaces)
            }
            variables[name] = value
        }
        return variables
    }
}
