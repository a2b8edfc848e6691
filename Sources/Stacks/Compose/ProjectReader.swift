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

extension ResolvedProject {
    /// - Parameter command: the call of `config --format json`.
    /// - Throws: `Problem`: of usage where Compose refuses the project.
    init(_ command: Command, of file: String) async throws {
        let output = try await Docker.run(command, within: .seconds(60))
        guard output.succeeded else {
            var problem = DockerTrouble.explain(output.errors, doing: "docker compose config of \(file)")
            if problem.kind == .measurement { problem.kind = .usage }
            throw problem
        }
        do {
            self = try JSONDecoder().decode(ResolvedProject.self, from: Data(output.text.utf8))
        } catch {
            throw Problem(.measurement, "docker compose config of \(file) says what is not understood: \(error)")
        }
    }
}
