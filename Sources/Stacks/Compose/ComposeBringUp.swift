import Foundation
import Model

/// Brings a project up and waits until all of it is ready.
struct ComposeBringUp: Sendable {
    let engine: DockerEngine
    let plan: ComposePlan
    let watch: ContainerWatch

    /// From when `up` has ended.
    private static let readyWithin = Duration.seconds(60)

    func run() async throws -> RunningComposeStack {
        try await up()
        let containers = try await waitUntilReady()
        let replicas = containers.filter { $0.service == plan.service }
        let (entrance, shortcut) = try await entrance(containers, replicas)
        let prometheus = containers.first { $0.service == plan.prometheus }?.published(9090)
        if let prometheus { try await wait(for: .http(path: "/-/ready"), port: prometheus, plan.prometheus) }
        let agreement = ReplicaAgreement(docker: engine.docker, plan: plan, prometheus: prometheus)
        let agreed = try await agreement.check(started: replicas.count, containers)
        let components = try await components(containers)
        watch.follow(Dictionary(components.map { ($0.container.id, $0.component.name) }) { first, _ in first })
        return RunningComposeStack(
            engine: engine, plan: plan, watch: watch, members: components, entrance: entrance, shortcut: shortcut,
            prometheusPort: prometheus, dataset: try await dataset(containers), notes: plan.notes + agreed)
    }

    private func up() async throws {
        let output = try await Docker.run(plan.upCommand(engine), within: plan.upLimit)
        guard !output.succeeded else { return }
        let known = DockerTrouble.explain(output.errors, doing: "docker compose up")
        guard known.kind == .measurement else { throw known }
        let broken = (try? await Container.all(of: plan.project, engine.docker)) ?? []
        throw await story(of: broken.filter { !isWell($0) }) ?? known
    }

    private func isWell(_ container: Container) -> Bool {
        if container.service == plan.dataset { return container.status.exitCode == 0 }
        return container.isReady || container.status.name == "created"
    }

    /// - Throws: `Problem` with the last words of those that are not ready.
    private func waitUntilReady() async throws -> [Container] {
        let deadline = ContinuousClock.now + Self.readyWithin
        while true {
            let containers = try await Container.all(of: plan.project, engine.docker)
            let waiting = containers.filter { $0.service != plan.dataset && !$0.isReady && !hasEnded($0) }
            let dead = containers.filter {
                $0.service != plan.dataset && $0.status.name == "exited" && $0.status.exitCode != 0
            }
            let replicas = containers.filter { $0.service == plan.service && $0.isRunning }.count
            if waiting.isEmpty, dead.isEmpty, replicas == plan.replicas { return containers }
            if ContinuousClock.now > deadline || !dead.isEmpty && plan.demandsMetrics {
                throw await story(of: dead + waiting)
                    ?? Problem(.measurement, "of \(plan.replicas) replicas of \(plan.service) only \(replicas) run")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// A task of somebody's project that has done its work.
    private func hasEnded(_ container: Container) -> Bool {
        container.status.name == "exited" && container.status.exitCode == 0 && container.service != plan.service
    }

    private func story(of containers: [Container]) async -> Problem? {
        guard let first = containers.first else { return nil }
        let log = await first.lastLines(engine.docker, 8)
        let name = "\(first.service)-\(first.number)"
        return Problem(
            .measurement,
            "the container \(name) \(first.trouble)" + (log.isEmpty ? "" : "; its last log lines:\n\(log)"))
    }

    /// - Returns: the published port of this machine, and the way past it where a network of this machine leads there.
    private func entrance(
        _ containers: [Container], _ replicas: [Container]
    ) async throws -> (port: Int, shortcut: HostAndPort?) {
        let front = plan.balancer.flatMap { name in containers.first { $0.service == name } } ?? replicas.first
        let inside = plan.balancer == nil ? plan.port : 80
        guard let front, let port = front.published(inside) else {
            throw Problem(.measurement, "no container publishes the port \(inside) to which the load is to go")
        }
        try await wait(for: .answers(path: plan.readyPath), port: port, front.service)
        guard let address = front.address,
            await Probe.answers(path: plan.readyPath).succeeds(host: address, port: inside)
        else { return (port, nil) }
        return (port, HostAndPort(host: address, port: inside))
    }

    private func wait(for probe: Probe, port: Int, _ service: String) async throws {
        let deadline = ContinuousClock.now + Self.readyWithin
        while await !probe.succeeds(port: port) {
            guard ContinuousClock.now < deadline else {
                let containers = try await Container.all(of: plan.project, engine.docker)
                let log = await containers.first { $0.service == service }?.lastLines(engine.docker, 8) ?? ""
                throw Problem(
                    .measurement,
                    "\(service) does not answer at 127.0.0.1:\(port) within \(Self.readyWithin)"
                        + (log.isEmpty ? "" : "; its last log lines:\n\(log)"))
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func components(_ containers: [Container]) async throws -> [RunningComposeStack.Member] {
        var members: [RunningComposeStack.Member] = []
        for container in containers where container.service != plan.dataset && container.isRunning {
            let isReplica = container.service == plan.service
            let port = isReplica ? plan.port : container.service == plan.prometheus ? 9090 : 80
            let published = container.published(port).map { "127.0.0.1:\($0)" }
            let digest = try await engine.docker.answer(
                [
                    "image", "inspect", "--format", "{{if .RepoDigests}}{{index .RepoDigests 0}}{{else}}{{.Id}}{{end}}",
                    container.imageID,
                ])
            var component = Component(
                name: isReplica ? "store-\(container.number)" : container.service,
                role: isReplica ? .store : ComposePlan.role(image: container.settings.image),
                version: Self.tag(container.settings.image),
                address: isReplica ? "\(container.hostName):\(port)" : container.service,
                published: published,
                image: ContainerImage(
                    name: container.settings.image, digest: digest.trimmingCharacters(in: .whitespacesAndNewlines)),
                restarts: container.restarts)
            if let cores = isReplica ? plan.cpus ?? container.cores : container.cores {
                component.cpuLimit = CPULimit(cores: cores, ofContainerWithPid: container.status.pid)
            }
            members.append(
                RunningComposeStack.Member(
                    container: container, component: component, usage: ContainerUsage(pid: container.status.pid)))
        }
        return members
    }

    /// An image's tag stands for the version of what is in it.
    private static func tag(_ image: String) -> String? {
        image.hasPrefix("storelab-store:")
            ? storelabVersion
            : image.split(separator: "/").last.flatMap { name in
                name.split(separator: ":").count > 1 ? name.split(separator: ":").last.map(String.init) : nil
            }
    }

    private func dataset(_ containers: [Container]) async throws -> DatasetFacts? {
        guard let name = plan.dataset, let container = containers.first(where: { $0.service == name }) else {
            return nil
        }
        return try DatasetFacts(told: try await engine.docker.answer(["logs", "--tail", "20", container.id]))
    }
}
