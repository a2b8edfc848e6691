import Model

/// Which node of a swarm carries what.
package struct SwarmLayout: Sendable, Equatable {
    /// Databases, Nginx and Prometheus.
    package var data: SwarmNode
    /// The replicas in turn; the data's own node only where there is no other.
    package var workers: [SwarmNode]
    /// Nodes that carry nothing, and why; for the record.
    package var notes: [String]

    /// - Parameters:
    ///   - manager: id of the node whose engine is asked, which has the images.
    ///   - reachable: ids of nodes whose own engine is reached.
    /// - Throws: `Problem` (machine) when no node can carry the data.
    package init(nodes: [SwarmNode], manager: String, reachable: Set<String>) throws {
        let architecture = nodes.first { $0.id == manager }?.architecture ?? ""
        let fit = nodes.filter { $0.objection(architecture: architecture) == nil }
        guard let data = fit.first(where: { $0.id == manager }) ?? fit.first(where: { reachable.contains($0.id) })
        else {
            let objections = nodes.map { node in
                "\(node.name) \(node.objection(architecture: architecture) ?? "has an engine that is not reached")"
            }
            throw Problem(
                .machine,
                "no node of the swarm can carry the databases and Nginx: \(objections.joined(separator: "; "))",
                nextStep:
                    "Let the manager take tasks (docker node update --availability active NAME), or name the engine of "
                    + "another node in \(SwarmEngines.variable).")
        }
        self.data = data
        let others = fit.filter { $0.id != data.id }
        workers = others.isEmpty ? [data] : others
        notes = nodes.compactMap { node in
            node.objection(architecture: architecture).map { "The node \(node.name) \($0); nothing ran on it." }
        }
    }

    /// The node of a replica, counted from 1.
    package func node(ofReplica number: Int) -> SwarmNode { workers[(number - 1) % workers.count] }
}
