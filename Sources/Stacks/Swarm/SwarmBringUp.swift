import Foundation
import Model

/// Deploys a stack and starts its parts in turn: databases, data set, replicas, and in the end Nginx, which resolves the
/// replicas' names once.
struct SwarmBringUp: Sendable {
    let cluster: SwarmCluster
    let plan: SwarmPlan
    let folder: String
    let watch: SwarmWatch
    let agents: SwarmAgents
    let ledger: Ledger
    let tell: @Sendable (String) -> Void

    private static let patience = Duration.seconds(120)
    private static let pause = Duration.milliseconds(200)
    /// On an idle swarm, a node's name service lacked replicas for up to 34 s after they ran.
    private static let patienceOfNames = Duration.seconds(60)

    func run() async throws -> RunningSwarmStack {
        _ = try await cluster.docker.answer(plan.deployment(in: folder), within: .seconds(120))
        _ = try await untilRunning(["mysql", "redis"])
        let tools = try await start([SwarmPlan.tools])
        let inside = SwarmTools(engine: try engine(of: tools.first), container: tools.first?.status.container?.id ?? "")
        let dataset = try DatasetFacts(told: try await inside.answer(plan.loadDataset, within: .seconds(300)))
        _ = try await start(plan.replicas)
        try await untilNginxNodeReaches(plan.replicas, inside)
        _ = try await start((plan.front.part == "nginx" ? ["nginx"] : []) + ["prometheus"])
        let tasks = try await SwarmTask.all(of: plan.project, cluster.docker).filter(\.isRunning)
        let entrance = try await entrance(tasks)
        let prometheus = try place(of: "prometheus", port: 9090, tasks)
        try await untilPrometheusSees(plan.replicas.count, at: prometheus)
        watch.follow(tasks)
        let members = members(tasks)
        return RunningSwarmStack(
            cluster: cluster, plan: plan, watch: watch, members: members, tools: inside, entrance: entrance,
            prometheusPlace: prometheus, dataset: dataset, remote: usage(of: members), agents: agents,
            injector: StackFaults(
                tools: SwarmFaults(cluster: cluster, members: members, watch: watch), proxy: nil, ledger: ledger))
    }

    private func engine(of task: SwarmTask?) throws -> Docker {
        guard let engine = cluster.engines.engine(of: task?.node) else {
            throw Problem(.machine, "the engine of the node \(cluster.name(of: task?.node)) is not reached")
        }
        return engine
    }

    private func start(_ parts: [String]) async throws -> [SwarmTask] {
        _ = try await cluster.docker.answer(plan.start(parts))
        return try await untilRunning(parts)
    }

    /// - Returns: their tasks, which run and are healthy where they say so.
    private func untilRunning(_ parts: [String]) async throws -> [SwarmTask] {
        let began = ContinuousClock.now
        var reminder = Reminder(tell)
        while true {
            let tasks = try await SwarmTask.all(of: plan.project, cluster.docker).filter { parts.contains($0.part) }
            if let ended = tasks.first(where: \.hasEnded) { throw await story(of: ended) }
            let running = tasks.filter(\.isRunning)
            if running.count == parts.count { return running }
            let missing = parts.filter { part in !running.contains { $0.part == part } }
            if ContinuousClock.now - began > Self.patience {
                let task = tasks.first { !$0.isRunning }
                let why = task?.status.error ?? task?.status.message ?? "it was placed on no node"
                let seconds = Self.patience.components.seconds
                throw Problem(
                    .measurement, "\(missing.joined(separator: ", ")) did not run within \(seconds) seconds: \(why)")
            }
            reminder.say("waiting for the swarm to start: \(missing.joined(separator: ", "))")
            try await Task.sleep(for: Self.pause)
        }
    }

    private func story(of task: SwarmTask) async -> Problem {
        let node = cluster.name(of: task.node)
        let complaint = task.status.error ?? ""
        if let problem = plan.images.absence(of: task.part, on: node, complaint: complaint) { return problem }
        let log = await cluster.lastLogLines(of: task, within: .seconds(10))
        return Problem(
            .measurement,
            "\(task.part) did not start on the node \(node): \(complaint.isEmpty ? task.status.state : complaint)"
                + (log.isEmpty ? "" : "; its last log lines:\n\(log)"))
    }

    /// Every replica must answer from where Nginx is, by its name: the manager calls a task healthy before the other nodes'
    /// name services know it.
    private func untilNginxNodeReaches(_ replicas: [String], _ tools: SwarmTools) async throws {
        let began = ContinuousClock.now
        var silent = replicas.map { (name: $0, why: "") }
        var reminder = Reminder(tell)
        let node = cluster.layout.data.name
        while true {
            var still: [(name: String, why: String)] = []
            for (name, _) in silent {
                if let why = try await tools.complaint(["healthy", "--host", name, "--port", "5000"]) {
                    still.append((name, why))
                }
            }
            silent = still
            if silent.isEmpty { return }
            if ContinuousClock.now - began > Self.patienceOfNames {
                let list = silent.map { replica in
                    "\(replica.name) on \(plan.node(of: replica.name)?.name ?? "?") (\(replica.why))"
                }.joined(separator: "; ")
                throw Problem(
                    .measurement,
                    "no load was started: from the node \(node), where Nginx is, these replicas do not answer: \(list)",
                    nextStep: "The nodes need TCP and UDP port 7946 and UDP port 4789 between them. See: "
                        + "docker node ls, and the log of the engine on \(node).")
            }
            reminder.say(
                "waiting until the node \(node) reaches \(silent.map(\.name).joined(separator: ", "))")
            try await Task.sleep(for: Self.pause)
        }
    }

    private func place(of part: String, port: Int, _ tasks: [SwarmTask]) throws -> HostAndPort {
        guard let task = tasks.first(where: { $0.part == part }), let published = task.published(port),
            let node = cluster.nodes.first(where: { $0.id == task.node })
        else {
            throw Problem(.measurement, "\(part) publishes no port \(port), or does not run any more")
        }
        return HostAndPort(host: node.address, port: published)
    }

    private func entrance(_ tasks: [SwarmTask]) async throws -> HostAndPort {
        let place = try place(of: plan.front.part, port: plan.front.port, tasks)
        let began = ContinuousClock.now
        while await !Probe.http(path: "/health-check").succeeds(host: place.host, port: place.port) {
            guard ContinuousClock.now - began < .seconds(20) else {
                throw Problem(
                    .measurement,
                    "\(plan.front.part) does not answer at \(place.host):\(place.port), where the load would go",
                    nextStep:
                        "The load comes from this machine: it must reach the nodes of the swarm, at the ports that "
                        + "they publish.")
            }
            try await Task.sleep(for: Self.pause)
        }
        return place
    }

    private func untilPrometheusSees(_ replicas: Int, at place: HostAndPort) async throws {
        let began = ContinuousClock.now
        while await !Probe.http(path: "/-/ready").succeeds(host: place.host, port: place.port) {
            guard ContinuousClock.now - began < .seconds(30) else {
                throw Problem(.measurement, "prometheus does not answer at \(place.host):\(place.port)")
            }
            try await Task.sleep(for: Self.pause)
        }
        let seen = try await PrometheusTargets(place: place, demandsMetrics: true).up(of: replicas)
        guard seen == replicas else {
            throw Problem(
                .measurement, "the replicas of store do not agree: \(replicas) started, \(seen) in Prometheus",
                nextStep: "Figures per replica would be wrong. See the logs of the balancer and of Prometheus.")
        }
    }

    private func usage(of members: [RunningSwarmStack.Member]) -> SwarmUsage {
        SwarmUsage(
            cluster.engines.all.map { node, docker in
                let own = members.filter { $0.usage == nil && $0.task.node == node }
                return (docker, own.compactMap(\.task.status.container?.id))
            })
    }

    private func members(_ tasks: [SwarmTask]) -> [RunningSwarmStack.Member] {
        tasks.filter { $0.part != SwarmPlan.tools }.map { task in
            let role = SwarmPlan.role(of: task.part)
            let inside = role == .store ? 5000 : role == .prometheus ? 9090 : 80
            let image = role == .store ? "store" : task.part
            let host = cluster.nodes.first { $0.id == task.node }?.address
            let pid = task.pidOfThisMachine
            var component = Component(
                name: task.part, role: role,
                version: role == .store ? storelabVersion : plan.images.names[image].flatMap(ContainerImage.tag),
                address: role == .store ? "\(task.part):5000" : task.part,
                published: task.published(inside).flatMap { port in host.map { "\($0):\(port)" } },
                image: ContainerImage(
                    name: plan.images.names[image] ?? image,
                    digest: plan.images.ids[image] ?? task.settings.container.image),
                node: cluster.name(of: task.node))
            if let cores = plan.cores(of: task.part) {
                component.cpuLimit =
                    pid.map { CPUQuota(cores: cores, ofContainerWithPid: $0) }
                    ?? CPUQuota(
                        cores: cores, enforced: true, how: "Docker; its control groups cannot be seen from here")
            }
            return RunningSwarmStack.Member(
                task: task, component: component, usage: pid.flatMap { ContainerUsage(pid: $0) },
                group: pid.flatMap { ContainerUsage.cpuGroup(pid: $0) })
        }
    }
}

extension SwarmTask {
    /// Its process where it is one of this machine's: a number alone would fit any other's. Its control group names the
    /// container.
    var pidOfThisMachine: Int? {
        guard let pid = status.container?.pid, pid > 0, let id = status.container?.id, !id.isEmpty,
            let groups = try? String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8), groups.contains(id)
        else { return nil }
        return pid
    }
}

extension ContainerImage {
    /// An image's tag stands for the version of what is in it.
    static func tag(_ image: String) -> String? {
        image.split(separator: "/").last.flatMap { name in
            name.split(separator: ":").count > 1 ? name.split(separator: ":").last.map(String.init) : nil
        }
    }
}
