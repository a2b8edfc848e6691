import Foundation
import Model

/// A swarm whose manager answers, and where the parts of a stack go on it.
package struct SwarmCluster: Sendable {
    /// Of the manager.
    let docker: Docker
    let version: String
    /// The manager's node.
    let manager: String
    let nodes: [SwarmNode]
    let engines: SwarmEngines
    let layout: SwarmLayout

    /// What `docker info` says of a swarm.
    package struct Membership: Sendable, Equatable, Decodable {
        struct Manager: Sendable, Equatable, Decodable {
            var address: String?

            enum CodingKeys: String, CodingKey { case address = "Addr" }
        }

        var node: String
        var state: String
        var isManager: Bool
        var managers: [Manager]?

        enum CodingKeys: String, CodingKey {
            case node = "NodeID", state = "LocalNodeState", isManager = "ControlAvailable", managers = "RemoteManagers"
        }

        /// - Throws: `Problem` (machine) where the engine manages no swarm.
        package func requireManager() throws {
            switch state {
            case "active" where isManager: return
            case "active":
                let addresses = (managers ?? []).compactMap(\.address).joined(separator: ", ")
                throw Problem(
                    .machine, "the Docker engine is a worker of its swarm, and only a manager can deploy a stack",
                    nextStep: "Set DOCKER_HOST or the Docker context to a manager"
                        + (addresses.isEmpty ? "." : "; this swarm's: \(addresses)."))
            case "locked":
                throw Problem(
                    .machine, "the swarm of the Docker engine is locked", nextStep: "Run: docker swarm unlock")
            default:
                throw Problem(
                    .machine, "the Docker engine is in no swarm",
                    nextStep:
                        "Run docker swarm init, and docker swarm join on the other machines. Or use --stack compose.")
            }
        }
    }

    /// For a person: `Docker Engine 20.10.24 (n1, n2, n3)`.
    package var described: String { "Docker Engine \(version) (\(nodes.map(\.name).joined(separator: ", ")))" }

    /// - Throws: `Problem` (machine) that says what is missing and how to get it.
    static func connect(workspace: Workspace) async throws -> SwarmCluster {
        let docker = try Docker(environment: [Ledger.marker: workspace.path])
        let info = try await docker.answer(
            ["info", "--format", "{{.ServerVersion}} {{.Architecture}} {{json .Swarm}}"], within: .seconds(15))
        let words = info.split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count == 3,
            let membership = try? JSONDecoder().decode(Membership.self, from: Data(words[2].utf8))
        else { throw DockerMessage.explain(info, doing: "docker info") }
        try membership.requireManager()
        let ids = try await docker.list(["node", "ls", "--quiet"])
        let text = try await docker.answer(["node", "inspect"] + ids)
        let nodes = try JSONDecoder().decode([SwarmNode].self, from: Data(text.utf8)).sorted { $0.name < $1.name }
        let engines = await SwarmEngines.find(
            docker, node: membership.node,
            listed: ProcessInfo.processInfo.environment[SwarmEngines.variable] ?? "")
        let layout = try SwarmLayout(nodes: nodes, manager: membership.node, reachable: Set(engines.all.keys))
        return SwarmCluster(
            docker: docker, version: words[0], manager: membership.node, nodes: nodes, engines: engines, layout: layout)
    }

    /// The end of what a task's container has logged, indented; empty where nothing is to be had.
    func lastLogLines(of task: SwarmTask, within limit: Duration) async -> String {
        guard let engine = engines.engine(of: task.node), let id = task.status.container?.id, !id.isEmpty,
            let output = try? await engine.run(["logs", "--tail", "5", id], within: limit), output.succeeded
        else { return "" }
        return DockerMessage.lastLines(output.text + output.errors, 5)
    }

    func name(of node: String?) -> String { nodes.first { $0.id == node }?.name ?? node ?? "unknown" }
}
