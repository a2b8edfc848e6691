import Model

/// Faults in containers, by Docker's command line.
struct ComposeFaults: FaultTools {
    let engine: DockerEngine
    let plan: ComposePlan
    let members: [RunningComposeStack.Member]
    let watch: ContainerWatch
    let wait: ProjectWait
    private let starts = Turns()
    /// Where each part was reached before any fault: of a container that is dead nothing says so. Those that no network of this
    /// machine leads to are left out.
    private let addresses: [String: String]

    init(
        engine: DockerEngine, plan: ComposePlan, members: [RunningComposeStack.Member], watch: ContainerWatch,
        wait: ProjectWait
    ) {
        self.engine = engine
        self.plan = plan
        self.members = members
        self.watch = watch
        self.wait = wait
        addresses = members.reduce(into: [:]) { $0[$1.component.name] = $1.container.address }
    }

    private static let limit = Duration.seconds(20)
    private static let timeToStart = Duration.seconds(60)

    /// What has ended for good, such as what fills the databases, has left its address free.
    func prepare(_ action: FaultAction, on part: String) async throws {
        let member = try member(part)
        if action == .start { _ = try await takeAddresses(below: member) }
    }

    func undo(of action: FaultAction, on part: String) throws -> FaultUndo {
        guard let arguments = ContainerFaults(try member(part).container).takingBack(action) else { return .nothing }
        return .docker(arguments: arguments, environment: Docker.engineEnvironment)
    }

    func make(_ action: FaultAction, on part: String) async throws {
        let container = try member(part).container
        guard let arguments = ContainerFaults(container).making(action) else { return }
        if action == .start { return try await start(try member(part), arguments) }
        if action == .kill { watch.expectDeath(of: part) }
        _ = try await engine.docker.answer(arguments, within: Self.limit)
    }

    func takeBack(_ action: FaultAction, on part: String) async throws {
        guard let arguments = ContainerFaults(try member(part).container).takingBack(action) else { return }
        _ = try await engine.docker.answer(arguments, within: Self.limit)
    }

    /// A database lets only those in who log in: others it closes soon.
    func holder(of connections: Int, on part: String) async throws -> any ConnectionHolder {
        let member = try member(part)
        let address = addresses[part]
        if member.container.service == plan.databases.mysql?.service, let program = plan.storeExecutable, let address,
            let command = plan.databases.hold(program, connections: connections, mysql: address)
        {
            return HoldingProgram(command.marked(by: engine))
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

    /// Prometheus's image is there in each project.
    private var keeper: AddressKeeper? {
        members.first { $0.component.role == .prometheus }.map {
            AddressKeeper(docker: engine.docker, project: plan.project, image: $0.container.imageID)
        }
    }

    /// Others that are dead have left their addresses free too: they are taken only until this one has its own.
    private func start(_ member: RunningComposeStack.Member, _ arguments: [String]) async throws {
        try await starts.take {
            let taken = try await takeAddresses(below: member)
            let output = try await engine.docker.run(arguments, within: Self.limit)
            await keeper?.remove(taken)
            guard output.succeeded else { throw DockerMessage.explain(output.errors, doing: "docker start") }
        }
        try await waitUntilStarted(member)
    }

    /// - Returns: the containers that have them now.
    private func takeAddresses(below member: RunningComposeStack.Member) async throws -> [String] {
        guard let address = addresses[member.component.name], let network = member.container.addressNetwork else {
            return []
        }
        return try await keeper?.takeAddresses(below: address, on: network) ?? []
    }

    private func waitUntilStarted(_ member: RunningComposeStack.Member) async throws {
        let id = member.container.id
        let now = try await Container.inspect([id], engine.docker).first
        guard let address = now?.address, let port = port(of: member) else {
            return try await wait.untilReady([id], listening: true)
        }
        // Nginx and the load have its address from before.
        guard address == addresses[member.component.name] else {
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
