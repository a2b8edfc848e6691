import Foundation
import Model

/// A Docker engine that answers, with a Compose that talks to it.
package struct DockerEngine: Sendable {
    let docker: Docker
    let compose: ComposeTool
    /// Of the engine, for example `20.10.24`.
    let version: String
    /// As Go names it: `amd64`.
    let architecture: String
    let operatingSystem: String

    package init(docker: Docker, compose: ComposeTool, version: String, architecture: String, operatingSystem: String) {
        self.docker = docker
        self.compose = compose
        self.version = version
        self.architecture = architecture
        self.operatingSystem = operatingSystem
    }

    /// For a person.
    package var described: String { "Docker Engine \(version), Compose \(compose.version)" }

    /// - Parameter workspace: of a run; each call carries it, so that `clean` finds those that outlive a killed run.
    /// - Throws: `Problem` (machine) that says what is missing and how to get it.
    package static func connect(workspace: Workspace? = nil) async throws -> DockerEngine {
        let docker = try Docker(environment: workspace.map { [Ledger.marker: $0.path] } ?? [:])
        let format = "{{.Server.Version}} {{.Server.Arch}} {{.Server.Os}}"
        let answer = try await docker.answer(["version", "--format", format], within: .seconds(15))
        let words = answer.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count >= 3 else {
            throw Problem(.machine, "no Docker engine answers", nextStep: "Start it, or use --stack local.")
        }
        let host = try await docker.run(
            ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], within: .seconds(15)
        ).text
        try requireLocal(
            ProcessInfo.processInfo.environment["DOCKER_HOST"].flatMap { $0.isEmpty ? nil : $0 } ?? host)
        return DockerEngine(
            docker: docker, compose: try await ComposeTool.find(docker), version: words[0], architecture: words[1],
            operatingSystem: words[2])
    }

    /// Ports are published on the engine's own loopback interface, which must be this machine's.
    package static func requireLocal(_ endpoint: String) throws {
        let address = endpoint.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let url = URL(string: address), let scheme = url.scheme,
            ["tcp", "ssh", "http", "https"].contains(scheme),
            let host = url.host(), !["127.0.0.1", "localhost", "::1"].contains(host)
        else { return }
        throw Problem(
            .machine, "the Docker engine runs on another machine (\(host)), where the load cannot reach it",
            nextStep: "Run StoreLab there, or unset DOCKER_HOST, or use --stack local.")
    }

    /// Whether programs that were built here run in its containers.
    var runsProgramsOfThisMachine: Bool {
        operatingSystem == "linux" && architecture == Self.architectureOfThisMachine
    }

    /// As Go names it.
    static var architectureOfThisMachine: String {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }

    /// Engines since 25 can check often while a container starts, and seldom afterwards.
    var knowsStartInterval: Bool {
        (version.split(separator: ".").first.flatMap { Int($0) } ?? 0) >= 25 && compose.numbers >= (2, 21)
    }
}

extension Command {
    /// Carries what the engine's calls carry, so that `clean` finds it too when it outlives a killed run.
    func marked(by engine: DockerEngine) -> Command {
        var marked = self
        marked.environment.merge(engine.docker.environment) { own, _ in own }
        return marked
    }
}
