import Model

/// Faults in containers, by Docker's command line.
struct ComposeFaults: FaultTools {
    let engine: DockerEngine
    let plan: ComposePlan
    let members: [RunningComposeStack.Member]
    let watch: ContainerWatch
    let wait: ProjectWait

    private static let limit = Duration.seconds(20)
    private static let timeToStart = Duration.seconds(60)

    func undo(of action: FaultAction, on part: String) throws -> FaultUndo {
        guard let arguments = ContainerFaults(try member(part).container).takingBack(action) else { return .nothing }
        return .docker(arguments: arguments, environment: Docker.engineEnvironment)
    }

    func make(_ action: FaultAction, on part: String) async throws {
        let container = try member(part).container
        guard let arguments = ContainerFaults(container).making(action) else { return }
        if action == .kill { watch.expectDeath(of: part) }
        _ = try await engine.docker.answer(arguments, within: Self.limit)
        if action == .start { try await waitUntilStarted(try member(part)) }
    }

    func takeBack(_ action: FaultAction, on part: String) async throws {
        guard let arguments = ContainerFaults(try member(part).container).takingBack(action) else { return }
        _ = try await engine.docker.answer(arguments, within: Self.limit)
    }

    /// A database lets only those in who log in: others it closes soon.
    func holder(of connections: Int, on part: String) async throws -> any ConnectionHolder {
        let member = try member(part)
        let address = member.container.address
        if member.container.service == plan.databases.mysql?.service, let program = plan.storeExecutable, let address,
            let command = plan.databases.hold(program, connections: connections, mysql: address)
        {
            return HoldingProgram(command)
        }
        guard member.component.role != .database else {
            throw Problem(
                .measurement, "\(part) lets in only who logs in, and StoreLab does not know its user",
                nextStep: "Give the service MYSQL_USER and MYSQL_PASSWORD in its environment.")
        }
        let port = port(of: member)
        if let address, let port {
            return IdleConnections(to: HostAndPort(host: address, port: port), count: connections)
        }
        guard let published = port.flatMap(member.container.published) else {
            throw Problem(.measurement, "no port of \(part) is known to which connections could be opened")
        }
        return IdleConnections(to: HostAndPort(host: "127.0.0.1", port: published), count: connections)
    }

    private func member(_ part: String) throws -> RunningComposeStack.Member {
        guard let member = members.first(where: { $0.component.name == part }) else { throw unknown(part) }
        return member
    }

    /// The port inside at which a part is asked.
    private func port(of member: RunningComposeStack.Member) -> Int? {
        switch member.component.role {
        case .store: plan.port
        case .cache: 6379
        case .balancer: 80
        case .database, .prometheus, .other: member.container.ports.first?.port
        }
    }

    private func waitUntilStarted(_ member: RunningComposeStack.Member) async throws {
        let id = member.container.id
        let now = try await Container.inspect([id], engine.docker).first
        guard let address = now?.address, let port = port(of: member) else {
            return try await wait.untilReady([id], listening: true)
        }
        // Nginx and the load have its address from before.
        guard address == member.container.address else {
            throw Problem(
                .measurement, "\(member.component.name) has another address since it was started again",
                nextStep: "Start the parts that were killed in the order in which they were.")
        }
        let probe = member.component.role == .store ? Probe.answers(path: plan.readyPath) : Probe.anything
        let deadline = ContinuousClock.now + Self.timeToStart
        while await !probe.succeeds(host: address, port: port) {
            guard ContinuousClock.now < deadline else {
                throw Problem(
                    .measurement, "\(member.component.name) is silent \(Self.timeToStart) after it was started")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
