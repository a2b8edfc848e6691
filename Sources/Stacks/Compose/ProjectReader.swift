import Foundation
import Model

/// Reads somebody's Compose project without starting anything of it.
package struct ProjectReader: Sendable {
    private let docker: Docker
    private let compose: ComposeTool

    /// - Throws: `Problem` (machine) without Docker's command line or without Compose. No engine need answer.
    package init() async throws {
        docker = try Docker()
        compose = try await ComposeTool.find(docker)
    }

    /// - Parameter file: absolute path of the compose file.
    /// - Throws: `Problem` where Compose refuses the file, or where there is nothing to measure.
    package func guess(_ file: String) async throws -> ProjectGuess {
        let files = ComposeFiles(named: [file], environment: ProcessInfo.processInfo.environment)
        var guess = try ProjectGuess(try await read(files))
        guess.remarks += files.notes
        if files.paths.count > 1 {
            let names = files.paths.map { ($0 as NSString).lastPathComponent }
            guess.remarks.append(
                "The project's files are \(names.joined(separator: ", ")), as Compose itself takes them.")
        }
        return guess
    }

    private func read(_ files: ComposeFiles) async throws -> ResolvedProject {
        guard let file = files.paths.first else { throw Problem(.usage, "no compose file was named") }
        let command = compose.command(
            ["config", "--format", "json"], project: "storelab-guess", files: files.paths,
            folder: (file as NSString).deletingLastPathComponent, docker: docker)
        return try await ResolvedProject(command, of: file)
    }
}
