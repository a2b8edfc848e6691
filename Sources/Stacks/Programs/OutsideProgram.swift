import Foundation
import Subprocess

/// A program of the system that is run to its end, without a terminal and in a session of its own.
package struct OutsideProgram: Sendable {
    package struct Ending: Sendable {
        package var succeeded: Bool
        /// The last line that it wrote to standard error; or why it could not be started.
        package var complaint: String
    }

    package let path: String

    package init(path: String) { self.path = path }

    /// Runs to the end, or at most as long as given; then it is ended, with all that it started.
    /// - Throws: `CancellationError` when cancelled; it is ended then too.
    package func run(_ arguments: [String], within limit: Duration = .seconds(120)) async throws -> Ending {
        let ending = await withTaskGroup(of: Ending.self) { group in
            group.addTask { await started(arguments) }
            group.addTask {
                try? await Task.sleep(for: limit)
                return Ending(succeeded: false, complaint: "it did not end within \(limit)")
            }
            defer { group.cancelAll() }
            return await group.next() ?? Ending(succeeded: false, complaint: "")
        }
        try Task.checkCancellation()
        return ending
    }

    private func started(_ arguments: [String]) async -> Ending {
        let configuration = Command(path, arguments).configuration(endedBy: .terminate, grace: .seconds(2))
        do {
            let result = try await Subprocess.run(
                configuration, input: .none, output: .discarded, error: .string(limit: 1 << 20))
            let said = result.standardError.split(separator: "\n").last.map(String.init) ?? ""
            return Ending(succeeded: result.terminationStatus.isSuccess, complaint: said)
        } catch {
            return Ending(succeeded: false, complaint: "\(error)")
        }
    }

    /// In the folders of a search path.
    package static func find(_ names: [String], in searchPath: String) -> OutsideProgram? {
        let folders = searchPath.split(separator: ":").map(String.init)
        return names.flatMap { name in name.contains("/") ? [name] : folders.map { "\($0)/\(name)" } }
            .first { FileManager.default.isExecutableFile(atPath: $0) }.map(OutsideProgram.init)
    }
}
