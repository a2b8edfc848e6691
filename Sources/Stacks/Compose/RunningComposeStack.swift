import Foundation
import Model

/// A project while it is up.
struct RunningComposeStack: RunningStack {
    struct Member: Sendable {
        var container: Container
        var component: Component
        /// nil where its control group cannot be read from here.
        var usage: ContainerUsage?
    }

    let engine: DockerEngine
    let plan: ComposePlan
    let watch: ContainerWatch
    let members: [Member]
    let entrance: Int
    /// The entrance's container itself. What comes to a published port of the loopback interface passes Docker's proxy, a
    /// process with a CPU cost and a limit of open files of its own, which listens no more once it has met that limit.
    let shortcut: HostAndPort?
    let prometheusPort: Int?
    let dataset: DatasetFacts?
    let notes: [String]
    let wait: ProjectWait
    let injector: StackFaults
    /// nil where none stands between the parts.
    let proxy: ProxyLink?

    var endpoint: Endpoint { Endpoint(host: "127.0.0.1", port: entrance, shortcut: shortcut) }
    var prometheus: String? { prometheusPort.map { "http://127.0.0.1:\($0)" } }
    var components: [Component] { members.map(\.component) }
    var deployed: [DeployedFile] { plan.deployed }

    var faults: (any FaultInjector)? { injector }

    var readinessRequests: Int { wait.requests.count }

    var showsBacklog: Bool { plan.demandsMetrics }

    func usage() -> [String: ComponentUsage] {
        members.reduce(into: [:]) { $0[$1.component.name] = $1.usage?.read() }
    }

    func watch(_ board: SignalBoard) async { await watched.run(board) }

    /// The databases are asked from this machine, where a bridge network leads to them; so no container's CPU pays for it.
    private var watched: StackWatch {
        let database = member(plan.databases.mysql?.service)
        let cache = member(plan.databases.redis?.service)
        let front = plan.balancer.flatMap { name in members.first { $0.container.service == name } }
        let groups = members.compactMap { member in
            member.component.cpuLimit == nil
                ? nil : ContainerUsage.cpuGroup(pid: member.container.status.pid).map { (member.component.name, $0) }
        }
        var watch = StackWatch(
            lines: DatabaseLines(database: database?.component.name, cache: cache?.component.name),
            groups: Dictionary(groups) { first, _ in first })
        if let program = plan.storeExecutable, FileManager.default.isExecutableFile(atPath: program) {
            watch.databases = plan.databases.watch(
                program, mysql: database?.container.address, redis: cache?.container.address
            )?.marked(by: engine)
        }
        if let front {
            let configuration = deployed.first { $0.name == "nginx.conf" }?.text ?? ""
            let port = front.container.published(80) ?? entrance
            watch.balancer = (
                name: front.component.name, place: HostAndPort(host: "127.0.0.1", port: port),
                configuration: configuration
            )
            watch.errorLog = .program(
                Command(
                    "/bin/sh",
                    [
                        "-c", "exec \"$0\" logs --follow --since 0s \"$1\" 2>&1", engine.docker.executable,
                        front.container.id,
                    ],
                    environment: engine.docker.environment))
        }
        return watch
    }

    private func member(_ service: String?) -> Member? {
        service.flatMap { service in members.first { $0.container.service == service } }
    }

    /// Nobody asks the databases of a project that were not recognised, nor a proxy of its own.
    var watchedComponents: [String] {
        (plan.databases.services + [plan.balancer].compactMap(\.self)).compactMap { member($0)?.component.name }
    }

    func signs(in window: LoadWindow) async -> SignRecord {
        let logs = ContainerSigns(
            docker: engine.docker,
            components: members.filter { $0.component.role != .prometheus }.map { ($0.container.id, $0.component.name) }
        )
        var record = await logs.read(window)
        record.series += ContainerEvent.series(watch.events, in: window)
        return record
    }

    func endedParts() -> [EndedPart] { watch.endedParts }

    var restoresData: Bool { plan.dataset != nil || plan.restore != nil }

    func restoreDataset() async throws {
        if let dataset = plan.dataset {
            let id = try await container(of: dataset)
            _ = try await engine.docker.answer(["start", "--attach", id], within: .seconds(300))
            return
        }
        try await watch.pausing {
            try await ProjectRestart(engine: engine, plan: plan, wait: wait, entrance: entrance).run()
            try await expectShortcut()
        }
    }

    /// Docker gives a container that starts again the lowest address that is free: its own, unless another took it.
    private func expectShortcut() async throws {
        guard let shortcut else { return }
        let front = plan.proxy?.listener(for: plan.entrance) == nil ? nil : plan.proxy?.service
        let (service, ids) = (front ?? plan.balancer ?? plan.service, members.map(\.container.id))
        let now = try await Container.inspect(ids, engine.docker)
        guard !now.contains(where: { $0.service == service && $0.address == shortcut.host }) else { return }
        throw Problem(
            .measurement, "the container that the load goes to has another address since its restart",
            nextStep: "Measure again; let no other containers start or stop meanwhile.")
    }

    func countOrders() async -> Int? {
        guard plan.dataset != nil, let store = members.first(where: { $0.component.role == .store }) else { return nil }
        let output = try? await engine.docker.answer(
            ["exec", store.container.id, "/usr/bin/store", "count-orders"], within: .seconds(30))
        return output.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// With the restarts until now.
    func finalComponents() async -> [Component] {
        let ids = members.map(\.container.id)
        let now = (try? await Container.inspect(ids, engine.docker)) ?? []
        let restarts = Dictionary(now.map { ($0.id, $0.restarts) }) { first, _ in first }
        return members.map { member in
            var component = member.component
            component.restarts = restarts[member.container.id] ?? component.restarts
            return component
        }
    }

    func finalNotes() async -> [String] { await proxy?.finalNotes() ?? [] }

    func keepPrometheus(in folder: String) async throws {
        let id = try await container(of: plan.prometheus)
        let limit = PrometheusData.timeToEnd.components.seconds
        // Killed when it takes longer, and then its last seconds may lack; what it wrote is still worth keeping.
        _ = try await engine.docker.answer(["stop", "--time", "\(limit)", id], within: .seconds(limit + 20))
        let copy = folder + ".copy"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        _ = try await engine.docker.answer(["cp", "\(id):/prometheus", copy], within: .seconds(120))
        try PrometheusData.copy(copy, to: folder)
    }

    private func container(of service: String) async throws -> String {
        let all = try await Container.all(of: plan.project, engine.docker)
        guard let found = all.first(where: { $0.service == service }) else {
            throw Problem(.measurement, "the container \(service) is gone")
        }
        return found.id
    }
}
