import Foundation
package import Model
import Synchronization

/// Agents as services of a stack on a swarm, on nodes of its own. They dial out: nothing of theirs is published.
package final class SwarmAgents: Sendable {
    private struct Site: Sendable {
        var plan: SwarmPlan
        var folder: String
        /// Nodes whose agents were started.
        var nodes: [String] = []
    }

    private let cluster: SwarmCluster
    private let home: String
    /// Of `storelab`.
    private let executable: String
    private let workspace: Workspace
    private let tell: @Sendable (String) -> Void
    /// nil while no stack is up.
    private let site = Mutex<Site?>(nil)
    /// What starts agents, one after the other: the first makes what all need.
    private let latest = Mutex<Task<Void, any Error>?>(nil)

    init(
        cluster: SwarmCluster, home: String, executable: String, workspace: Workspace,
        tell: @escaping @Sendable (String) -> Void
    ) {
        (self.cluster, self.home, self.executable) = (cluster, home, executable)
        (self.workspace, self.tell) = (workspace, tell)
    }

    func enter(_ plan: SwarmPlan, folder: String) { site.withLock { $0 = Site(plan: plan, folder: folder) } }
    func leave() { site.withLock { $0 = nil } }
    /// Names of the nodes whose agents were started for the stack that is up.
    var started: [String] { site.withLock { $0?.nodes ?? [] } }

    /// Names of the nodes that carry no part of the stack that is up, and to which the program can be brought.
    package var idleNodes: [String] {
        guard let plan = site.withLock({ $0?.plan }) else { return [] }
        return Self.idle(plan).filter { cluster.engines.engine(of: $0.id) != nil }.map(\.name)
    }

    /// Nodes that carry no part of a stack, in their order.
    package static func idle(_ plan: SwarmPlan) -> [SwarmNode] {
        let busy = Set(plan.replicas.compactMap { plan.node(of: $0)?.id } + [plan.layout.data.id])
        return plan.layout.workers.filter { !busy.contains($0.id) }
    }

    /// A literal of the network of the nodes.
    package var address: String { cluster.layout.data.address }

    /// Makes the service.
    /// - Parameters:
    ///   - place: `HOST:PORT` where this program waits for agents.
    ///   - certificate: of this program, as PEM.
    ///   - token: of the run.
    /// - Throws: `Problem` that says what is missing on the node.
    package func start(on name: String, dial place: String, certificate: String, token: String) async throws {
        let task = latest.withLock { latest in
            let before = latest
            let task = Task {
                _ = await before?.result
                try Task.checkCancellation()
                try await startNext(name, place, certificate, token)
            }
            latest = task
            return task
        }
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func startNext(_ name: String, _ place: String, _ certificate: String, _ token: String) async throws {
        guard let site = site.withLock({ $0 }), let node = cluster.nodes.first(where: { $0.name == name }) else {
            let names = cluster.nodes.map(\.name).joined(separator: ", ")
            throw Problem(
                .usage, "the swarm has no node \(name), on which an agent was to run", nextStep: "Its nodes: \(names).")
        }
        let image = try await image(on: node)
        let service = SwarmAgentService(project: site.plan.project, node: node, image: image, place: place)
        if site.nodes.isEmpty {
            for (secret, text) in [(service.token, token), (service.certificate, certificate)] {
                let file = DeployedFile(name: secret, text: text)
                try file.write(into: site.folder)
                _ = try await cluster.docker.answer(service.make(secret: secret, of: "\(site.folder)/\(secret)"))
                try? FileManager.default.removeItem(atPath: "\(site.folder)/\(secret)")
            }
        }
        self.site.withLock { $0?.nodes.append(name) }
        _ = try await cluster.docker.answer(service.create)
    }

    /// - Returns: the image's id.
    private func image(on node: SwarmNode) async throws -> String {
        let folder = try workspace.folder("agent-image")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let runsHere = cluster.layout.data.architecture == DockerEngine.architectureOfThisMachine
        let image = try await StoreImage(
            docker: cluster.docker, runsProgramsOfThisMachine: runsHere, home: home, executable: executable,
            kind: .agent
        ).ensure(in: folder, tell: tell)
        let id = try await cluster.docker.answer(["image", "inspect", "--format", "{{.Id}}", image])
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard node.id != cluster.manager, let engine = cluster.engines.engine(of: node.id),
            try await !ChosenImages.isPresent(id, engine)
        else { return id }
        let file = folder + "/image.tar"
        tell("bringing \(image) to the node \(node.name) …")
        _ = try await cluster.docker.answer(["save", "--output", file, image], within: .seconds(300))
        _ = try await engine.answer(["load", "--quiet", "--input", file], within: .seconds(600))
        await StoreImage.removeOthers(than: image, engine, kind: .agent)
        return id
    }

    /// Why the agent of a node will not come; nil while it may.
    package func obstacle(on name: String) async -> Problem? {
        guard let plan = site.withLock({ $0?.plan }),
            let tasks = try? await SwarmTask.all(of: plan.project, cluster.docker),
            let task = tasks.first(where: { $0.part == SwarmAgentService.part(on: name) }), task.hasEnded
        else { return nil }
        let complaint = task.status.error ?? task.status.state
        let log = await cluster.lastLogLines(of: task, within: .seconds(10))
        return Problem(
            .machine,
            "the agent did not start on the node \(name): \(complaint)"
                + (log.isEmpty ? "" : "; its last log lines:\n\(log)"),
            nextStep: "Generate the load here: --from local.")
    }

    /// Ends the agent of a node, if it is there.
    package func remove(from name: String) async {
        guard let plan = site.withLock({ $0?.plan }) else { return }
        _ = try? await cluster.docker.run(["service", "rm", SwarmAgentService.name(plan.project, on: name)])
    }
}

/// One agent's service, as what Docker's command line is called with. All carries the label of the stack, by which it is
/// removed with it.
package struct SwarmAgentService: Sendable {
    let project: String
    let node: SwarmNode
    /// By its id.
    let image: String
    let place: String

    package init(project: String, node: SwarmNode, image: String, place: String) {
        (self.project, self.node, self.image, self.place) = (project, node, image, place)
    }

    static func part(on node: String) -> String { "agent-\(node)" }
    static func name(_ project: String, on node: String) -> String { "\(project)_\(part(on: node))" }

    var token: String { "\(project)_agent-token" }
    var certificate: String { "\(project)_agent-certificate" }
    private var label: String { "com.docker.stack.namespace=\(project)" }

    package func make(secret: String, of file: String) -> [String] {
        ["secret", "create", "--label", label, secret, file]
    }

    package var create: [String] {
        [
            "service", "create", "--detach", "--quiet", "--no-resolve-image", "--name",
            Self.name(project, on: node.name), "--label", label, "--container-label", label, "--container-label",
            "storelab.part=\(Self.part(on: node.name))", "--constraint", "node.id == \(node.id)",
            // Nothing translates addresses between the load and where it enters.
            "--network", "host", "--restart-condition", "none", "--stop-grace-period", "1s", "--mount",
            "type=tmpfs,destination=/tmp,tmpfs-mode=1777", "--secret", "source=\(token),target=token", "--secret",
            "source=\(certificate),target=certificate", image, "agent", "--dial", place, "--name", node.name,
        ]
    }
}
