import Foundation
import Model

/// The engines of a swarm's nodes that can be asked themselves. A manager asks no other node's engine for images, usage or
/// what runs in its containers.
package struct SwarmEngines: Sendable {
    /// Lists engines, with commas between: addresses as in `DOCKER_HOST`, or names of Docker contexts.
    package static let variable = "STORELAB_SWARM_NODES"

    /// By the node's id.
    private(set) var all: [String: Docker] = [:]
    /// Listed, but not asked: each with the reason.
    private(set) var silent: [String] = []

    /// What leads Docker's command line to an engine.
    package static func environment(of entry: String) -> [String: String] {
        entry.contains("://")
            ? ["DOCKER_HOST": entry] : ["DOCKER_CONTEXT": entry, "DOCKER_HOST": ""]
    }

    package static func entries(_ text: String) -> [String] {
        text.split { $0 == "," || $0.isWhitespace }.map(String.init)
    }

    /// Asks each engine which node it is.
    static func find(_ manager: Docker, node: String, listed text: String) async -> SwarmEngines {
        var engines = SwarmEngines()
        engines.all[node] = manager
        for entry in entries(text) {
            var docker = manager
            docker.environment.merge(environment(of: entry)) { $1 }
            let arguments = ["info", "--format", "{{.Swarm.NodeID}}"]
            let output = try? await docker.run(arguments, within: .seconds(15))
            let id = output?.text.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
            if output?.succeeded == true, !id.isEmpty {
                if engines.all[id] == nil { engines.all[id] = docker }
            } else {
                engines.silent.append(entry)
            }
        }
        return engines
    }

    func engine(of node: String?) -> Docker? { node.flatMap { all[$0] } }

    /// For the ledger, the manager's first.
    func environments(manager: String) -> [[String: String]] {
        let kept = Set(Docker.engineVariables)
        func own(_ docker: Docker) -> [String: String] {
            Docker.engineEnvironment.merging(docker.environment.filter { kept.contains($0.key) }) { $1 }
        }
        return (all[manager].map { [own($0)] } ?? [])
            + all.filter { $0.key != manager }.sorted { $0.key < $1.key }.map { own($0.value) }
    }
}
