import Foundation
package import Model

/// Agents in containers on the engines of Docker contexts: what Docker's command line is called with.
package struct ContainerAgents: Sendable {
    private let home: String
    /// Of `storelab`.
    private let executable: String
    private let tell: @Sendable (String) -> Void

    /// - Parameters:
    ///   - home: the checkout.
    ///   - executable: path of this program.
    ///   - tell: shows a person what takes long.
    package init(home: String, executable: String, tell: @escaping @Sendable (String) -> Void) {
        (self.home, self.executable, self.tell) = (home, executable, tell)
    }

    /// The calls for one agent.
    package struct Calls: Sendable, Equatable {
        /// Path of Docker's command line.
        package var executable: String
        package var run: [String]
        package var remove: [String]
    }

    /// - Parameter name: of the container.
    package static func calls(_ docker: String, context: String, image: String, name: String) -> Calls {
        let options = ["--context", context]
        return Calls(
            executable: docker,
            // In the host's own network: nothing translates addresses between the load and its target. What it says are
            // messages, which no log needs to keep.
            run: options + [
                "run", "--rm", "--interactive", "--name", name, "--label", "storelab.agent", "--network", "host",
                "--log-driver", "none", "--tmpfs", "/tmp:mode=1777", image, "agent",
            ],
            remove: options + ["rm", "--force", name])
    }

    /// Sees to it that the program is there.
    /// - Throws: `Problem` that says what that engine or the way to it lacks.
    package func prepare(_ context: String) async throws -> Calls {
        var docker = try Docker()
        docker.options = ["--context", context]
        let told = try await docker.run(
            ["version", "--format", "{{.Server.Os}} {{.Server.Arch}}"], within: .seconds(30))
        guard told.succeeded else { throw Self.unreached(context, told.errors) }
        let engine = told.text.split(whereSeparator: \.isWhitespace).map(String.init)
        let folder = FileManager.default.temporaryDirectory.path + "/storelab-agent-\(UUID().uuidString)"
        try Workspace.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let image = try await StoreImage(
            docker: docker, runsProgramsOfThisMachine: engine == ["linux", DockerEngine.architectureOfThisMachine],
            home: home, executable: executable, kind: .agent
        ).ensure(in: folder, tell: { tell("\(context): \($0)") })
        let number = String(UInt32.random(in: .min ... .max), radix: 36)
        return Self.calls(
            docker.executable, context: context, image: image, name: "storelab-agent-\(number)")
    }

    /// - Parameter errors: what Docker's command line said.
    package static func unreached(_ context: String, _ errors: String) -> Problem {
        let words = errors.split(whereSeparator: \.isNewline).last.map { ": \($0.prefix(300))" } ?? ""
        return Problem(
            .machine, "the Docker engine of the context \(context) was not reached\(words)",
            nextStep: errors.contains("not found")
                ? "docker context ls shows the names of contexts. An agent of this machine is local, one over SSH ssh://host."
                : "See whether it answers: docker --context \(context) info")
    }
}
