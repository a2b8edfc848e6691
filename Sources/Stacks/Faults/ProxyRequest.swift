package import Model

/// Which parts of a stack are to be reached through a proxy for the whole run, since faults of the definition need one there.
package struct ProxyRequest: Sendable, Equatable {
    /// As the definition names them: components, or the role of the only one that has it, such as `mysql`.
    package var parts: [String]
    /// Of the delays that are drawn.
    package var seed: UInt64

    package init(parts: [String], seed: UInt64) {
        self.parts = parts
        self.seed = seed
    }

    /// - Returns: nil where no fault needs one.
    package init?(_ experiment: Experiment) {
        let plan = FaultPlan(
            experiment.faults ?? [], replicas: experiment.stack.replicaNames, seed: experiment.load.seed)
        parts = plan.entries.filter { $0.fault.action.needsProxy }.map(\.part)
        seed = experiment.load.seed
        if parts.isEmpty { return nil }
    }

    func asks(for component: String, _ role: Component.Role) -> Bool {
        parts.contains { $0 == component || Component.Role(ofPart: $0) == role }
    }
}

extension Component.Role {
    /// The role that a definition names. The database is MariaDB on local processes and MySQL in containers.
    package init?(ofPart name: String) {
        switch name {
        case "mysql", "mariadb": self = .database
        case "redis": self = .cache
        case "nginx": self = .balancer
        default: return nil
        }
    }
}
