import Foundation
import Model

/// Brings a project up and waits until all of it is ready.
struct ComposeBringUp: Sendable {
    let engine: DockerEngine
    let plan: ComposePlan
    let watch: ContainerWatch
    let ledger: Ledger
    let serviceGroup: ServiceGroup
    /// Folders of StoreLab's own: for files, and for logs.
    let own: (folder: String, logs: String)

    /// Shows a person what takes long.
    let tell: @Sendable (String) -> Void

    func run() async throws -> RunningComposeStack {
        try await up()
        var containers = try await wait.untilAllRun()
        let (entrance, shortcut) = try await entrance(containers, containers.filter { $0.service == plan.service })
        if plan.restore != nil {
            try await ProjectRestart(engine: engine, plan: plan, wait: wait, entrance: entrance).prepare()
            containers = try await Container.all(of: plan.project, engine.docker)
        }
        let replicas = containers.filter { $0.service == plan.service }
        let prometheus = containers.first { $0.service == plan.prometheus }?.published(9090)
        if let prometheus { try await wait.until(.http(path: "/-/ready"), port: prometheus, of: plan.prometheus) }
        let proxy = try await ComposeProxy(engine: engine, plan: plan, serviceGroup: serviceGroup, own: own).connect(
            containers)
        let agreement = ReplicaAgreement(docker: engine.docker, plan: plan, prometheus: prometheus)
        let agreed = try await agreement.check(started: replicas.count, containers)
        let components = try await components(containers)
        watch.follow(Dictionary(components.map { ($0.container.id, $0.component.name) }) { first, _ in first })
        let faults = ComposeFaults(engine: engine, plan: plan, members: components, watch: watch, wait: wait)
        return RunningComposeStack(
            engine: engine, plan: plan, watch: watch, members: components, entrance: entrance, shortcut: shortcut,
            prometheusPort: prometheus, dataset: try await dataset(containers),
            notes: plan.notes + agreed + (proxy.map { [ProxyLink.note(Array($0.parts))] } ?? []), wait: wait,
            injector: StackFaults(tools: faults, proxy: proxy, ledger: ledger), proxy: proxy)
    }

    private let requests = ReadinessRequests()
    private var wait: ProjectWait { ProjectWait(engine: engine, plan: plan, tell: tell, requests: requests) }

    private func up() async throws {
        let output = try await withThrowingTaskGroup(of: Docker.Output?.self) { group in
            group.addTask { try await Docker.run(plan.upCommand(engine), within: plan.upLimit) }
            group.addTask {
                var reminder = Reminder(tell)
                while (try? await Task.sleep(for: .seconds(1))) != nil {
                    reminder.say("docker compose up: images are fetched or built, or a health check is waited for")
                }
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next().flatMap(\.self)
        }
        guard let output, !output.succeeded else { return }
        if let build = FailedBuild(output: output.text, errors: output.errors) { throw build.problem }
        let known = DockerMessage.explain(output.errors, doing: "docker compose up")
        guard known.kind == .measurement else { throw known }
        let broken = (try? await Container.all(of: plan.project, engine.docker)) ?? []
        throw await wait.story(of: broken.filter { !isWell($0) }) ?? known
    }

    private func isWell(_ container: Container) -> Bool {
        if container.service == plan.dataset { return container.status.exitCode == 0 }
        return container.isReady || container.status.name == "created"
    }

    /// - Returns: the published port of this machine, and the way past it where a network of this machine leads there.
    private func entrance(
        _ containers: [Container], _ replicas: [Container]
    ) async throws -> (port: Int, shortcut: HostAndPort?) {
        let proxied = plan.proxy?.listener(for: plan.entrance)
        let front =
            proxied == nil
            ? plan.balancer.flatMap { name in containers.first { $0.service == name } } ?? replicas.first
            : containers.first { $0.service == plan.proxy?.service }
        let inside = proxied?.port ?? (plan.balancer == nil ? plan.port : 80)
        guard let front, let port = front.published(inside) else {
            // One that has just ended publishes nothing any more, and its end is the reason.
            let broken = (try? await Container.all(of: plan.project, engine.docker)) ?? []
            throw await wait.story(of: broken.filter { !isWell($0) })
                ?? Problem(.measurement, "no container publishes the port \(inside) to which the load is to go")
        }
        try await wait.untilReplicasAnswer(replicas, entrance: port)
        try await wait.until(.answers(path: plan.readyPath), port: port, of: front.service)
        // Docker gives a container that starts again the lowest address that is free: not its own where others have ended,
        // or stand still too. Nginx is not started again.
        let keepsAddress = plan.balancer != nil || plan.restore != .volumes && containers.allSatisfy(\.isRunning)
        guard plan.demandsMetrics || keepsAddress, let address = front.address,
            await Probe.answers(path: plan.readyPath).succeeds(host: address, port: inside)
        else { return (port, nil) }
        return (port, HostAndPort(host: address, port: inside))
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
                name: isReplica ? plan.replica(container.number) : name(container),
                role: isReplica ? .store : ComposePlan.role(image: container.settings.image),
                version: Self.tag(container.settings.image),
                address: isReplica ? "\(container.hostName):\(port)" : container.service,
                published: published,
                image: ContainerImage(
                    name: container.settings.image, digest: digest.trimmingCharacters(in: .whitespacesAndNewlines)),
                restarts: container.restarts)
            if let cores = isReplica ? plan.cpus ?? container.cores : container.cores {
                component.cpuLimit = CPUQuota(cores: cores, ofContainerWithPid: container.status.pid)
            }
            members.append(
                RunningComposeStack.Member(
                    container: container, component: component, usage: ContainerUsage(pid: container.status.pid)))
        }
        return members
    }

    private func name(_ container: Container) -> String {
        container.service == plan.proxy?.service ? ProxyLink.component : container.service
    }

    /// An image's tag stands for the version of what is in it.
    private static func tag(_ image: String) -> String? {
        image.hasPrefix("storelab-store:") || image.hasPrefix("storelab-proxy:")
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
