import Foundation
import Model

/// The store's helper verbs, run on the node of the databases and of Nginx.
struct SwarmTools: Sendable {
    /// Of that node.
    let engine: Docker
    let container: String

    func answer(_ arguments: [String], within limit: Duration) async throws -> String {
        try await engine.answer(command(arguments), within: limit)
    }

    /// Why a helper did not succeed; nil when it did.
    func complaint(_ arguments: [String]) async throws -> String? {
        let output = try await engine.run(command(arguments), within: .seconds(20))
        guard !output.succeeded else { return nil }
        let line = output.errors.split(whereSeparator: \.isNewline).last.map(String.init) ?? "no answer"
        return line.hasPrefix("Error: ") ? String(line.dropFirst(7)) : line
    }

    private func command(_ arguments: [String]) -> [String] { ["exec", container, "/usr/bin/store"] + arguments }
}
