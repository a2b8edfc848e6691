import Foundation
import Model

/// Docker Compose, of either kind: the plugin `docker compose`, or the older program `docker-compose`.
package struct ComposeTool: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case plugin
        case standalone(path: String)
    }

    var kind: Kind
    /// For example `2.26.1`.
    var version: String

    package init(kind: Kind, version: String) {
        self.kind = kind
        self.version = version
    }

    /// The plugin, else the program.
    /// - Throws: `Problem` (machine) when there is neither.
    static func find(_ docker: Docker) async throws -> ComposeTool {
        if let output = try? await docker.run(["compose", "version", "--short"], within: .seconds(20)),
            output.succeeded,
            let version = number(in: output.text)
        {
            return ComposeTool(kind: .plugin, version: version)
        }
        if let path = InstalledPrograms.path(of: "docker-compose"),
            let output = try? await Docker.run(
                Command(path, ["version", "--short"], environment: docker.environment), within: .seconds(20)),
            output.succeeded, let version = number(in: output.text)
        {
            return ComposeTool(kind: .standalone(path: path), version: version)
        }
        throw Problem(
            .machine, "Docker answers, but Docker Compose was not found",
            nextStep: "Install it: the package docker-compose-plugin (Docker's own), docker-compose-v2 (Ubuntu) or "
                + "docker-compose (Debian). Or use --stack local.")
    }

    /// `v2.26.1-4` is 2.26.1.
    package static func number(in text: String) -> String? {
        InstalledPrograms.version(in: text.replacing("v", with: " "))
    }

    /// Major and minor number.
    var numbers: (major: Int, minor: Int) {
        let parts = version.split(separator: ".").map { Int($0) ?? 0 }
        return (parts.first ?? 0, parts.count > 1 ? parts[1] : 0)
    }

    /// Since 2.24.4 an override file can replace what another file says, not only add to it.
    package var canReplace: Bool { numbers >= (2, 25) }

    /// Between a project's name, a service's and a container's number.
    package var separator: String { numbers.major >= 2 ? "-" : "_" }

    /// A call for a project.
    /// - Parameter folder: to which the paths in the files are relative.
    package func command(
        _ arguments: [String], project: String, files: [String], folder: String, docker: Docker
    ) -> Command {
        let own = ["--project-name", project, "--project-directory", folder] + files.flatMap { ["--file", $0] }
        let (executable, all) =
            switch kind {
            case .plugin: (docker.executable, ["compose"] + own + arguments)
            case .standalone(let path): (path, own + arguments)
            }
        return Command(executable, all, environment: docker.environment, folder: folder)
    }
}
