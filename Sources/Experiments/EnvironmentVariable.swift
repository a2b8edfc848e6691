import Foundation
package import Model

/// `${env(TOKEN)}`: a variable of the environment, so that a secret need not stand in a definition. It is a table of one row.
package enum EnvironmentVariable {
    static func isName(_ text: String) -> Bool {
        text.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]{0,99}/) != nil
    }

    /// Without a row where the variable is not set: a definition can be checked without it.
    static func column(_ name: String) -> TableColumn {
        let value = ProcessInfo.processInfo.environment[name]
        return TableColumn(
            file: "\(TableColumn.environment): \(name)", name: name, order: .sequential,
            values: value.flatMap { $0.isEmpty ? nil : [$0] } ?? [])
    }

    /// Before anything is sent.
    /// - Throws: `Problem` of usage with the names of all variables that are not set.
    package static func check(_ tasks: [LoadTask]) throws {
        var missing: [String] = []
        for task in tasks {
            for piece in task.pathPieces + task.headers.flatMap(\.pieces) + task.bodies.flatMap(\.pieces) {
                guard case .column(let column) = piece, column.isOfEnvironment, column.values.isEmpty,
                    !missing.contains(column.name)
                else { continue }
                missing.append(column.name)
            }
        }
        guard !missing.isEmpty else { return }
        throw Problem(
            .usage,
            "these variables of the environment, which tasks send, are not set: \(missing.joined(separator: ", "))",
            nextStep: "Set them, for example: export \(missing[0])=…")
    }
}
