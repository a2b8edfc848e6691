package import Model
import Stacks

extension FaultPlan {
    /// The plan for a stack that is up: a part is a component's name, or the role of the only one that has it.
    /// - Throws: `Problem` that names a part which the stack does not have.
    package init(_ experiment: Experiment, components: [Component]) throws {
        let replicas = components.filter { $0.role == .store }.map(\.name)
        let planned = FaultPlan(experiment.faults ?? [], replicas: replicas, seed: experiment.load.seed)
        self = try planned.renamed { name in
            if components.contains(where: { $0.name == name }) { return name }
            let inRole = components.filter { $0.role == Component.Role(ofPart: name) }.map(\.name)
            guard inRole.count == 1 else {
                throw Problem(
                    .usage, "faults: the stack has no part \(name)",
                    nextStep: "It has: \(components.map(\.name).joined(separator: ", ")).")
            }
            return inRole[0]
        }
    }
}
