import Model
import Synchronization

/// Faults in the containers of a swarm, by Docker's command line, on nodes whose engines are reached.
final class SwarmFaults: FaultTools {
    private let cluster: SwarmCluster
    private let members: [RunningSwarmStack.Member]
    private let watch: SwarmWatch
    /// As they were before any fault, by part.
    private let containers = Mutex<[String: Container]>([:])

    private static let limit = Duration.seconds(20)

    init(cluster: SwarmCluster, members: [RunningSwarmStack.Member], watch: SwarmWatch) {
        (self.cluster, self.members, self.watch) = (cluster, members, watch)
    }

    func prepare(_ action: FaultAction, on part: String) async throws {
        switch action {
        case .start:
            throw Problem(
                .usage,
                "faults: a part that was killed on a swarm is not started again, since it would get another address",
                nextStep: "Leave start out, or use --stack compose.")
        case .hold:
            throw Problem(
                .usage, "faults: connections are not held on a swarm: its parts are reached inside of it only",
                nextStep: "Leave hold out, or use --stack compose.")
        case .kill, .pause, .throttle, .slow, .cut, .bandwidth: _ = try await place(of: part)
        }
    }

    func undo(of action: FaultAction, on part: String) async throws -> FaultUndo {
        let (engine, container) = try await place(of: part)
        guard let arguments = ContainerFaults(container).takingBack(action) else { return .nothing }
        let kept = engine.environment.filter { Docker.engineVariables.contains($0.key) }
        return .docker(arguments: arguments, environment: Docker.engineEnvironment.merging(kept) { $1 })
    }

    func make(_ action: FaultAction, on part: String) async throws {
        let (engine, container) = try await place(of: part)
        guard let arguments = ContainerFaults(container).making(action) else { return }
        if action == .kill { watch.expectDeath(of: part) }
        _ = try await engine.answer(arguments, within: Self.limit)
    }

    func takeBack(_ action: FaultAction, on part: String) async throws {
        let (engine, container) = try await place(of: part)
        guard let arguments = ContainerFaults(container).takingBack(action) else { return }
        _ = try await engine.answer(arguments, within: Self.limit)
    }

    func holder(of connections: Int, on part: String) async throws -> any ConnectionHolder { throw unknown(part) }

    private func place(of part: String) async throws -> (Docker, Container) {
        guard let task = members.first(where: { $0.component.name == part })?.task,
            let id = task.status.container?.id
        else { throw unknown(part) }
        guard let engine = cluster.engines.engine(of: task.node) else {
            throw Problem(
                .usage, "faults: \(part) is on the node \(cluster.name(of: task.node)), whose engine is not reached",
                nextStep: "Name it in \(SwarmEngines.variable).")
        }
        if let known = containers.withLock({ $0[part] }) { return (engine, known) }
        guard let container = try await Container.inspect([id], engine).first else { throw unknown(part) }
        containers.withLock { $0[part] = container }
        return (engine, container)
    }
}
