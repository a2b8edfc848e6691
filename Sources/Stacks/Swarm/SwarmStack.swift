import Foundation
import Model

/// The store's stack on a Docker Swarm: databases, Nginx and Prometheus on one node, the replicas on the others.
package struct SwarmStack: Stack {
    package let kind = "swarm"
    let cluster: SwarmCluster
    let templates: StackTemplates
    let workspace: Workspace
    let images: SwarmImages
    /// Those that the stack's own nodes have room for.
    package let agents: SwarmAgents
    let tell: @Sendable (String) -> Void

    /// Asks the manager that Docker's command line leads to, and sees to it that the images are on the nodes.
    /// - Parameters:
    ///   - home: the checkout.
    ///   - tell: shows a person what takes long.
    /// - Throws: `Problem` (machine) that says what is missing and how to get it.
    package static func prepare(
        templates: StackTemplates, home: String, storeExecutable: String, workspace: Workspace,
        tell: @escaping @Sendable (String) -> Void
    ) async throws -> SwarmStack {
        let cluster = try await SwarmCluster.connect(workspace: workspace)
        for entry in cluster.engines.silent {
            tell("\(entry), named in \(SwarmEngines.variable), does not answer or is in no swarm")
        }
        for note in cluster.layout.notes { tell(note) }
        let images = try await SwarmImages.prepare(
            cluster, home: home, storeExecutable: storeExecutable, workspace: workspace, tell: tell)
        let agents = SwarmAgents(
            cluster: cluster, home: home, executable: LocalProxy.program(beside: storeExecutable),
            workspace: workspace, tell: tell)
        return SwarmStack(
            cluster: cluster, templates: templates, workspace: workspace, images: images, agents: agents, tell: tell)
    }

    /// For a person.
    package var described: String { cluster.described }

    package func withRunning<Answer: Sendable>(
        _ request: StackRequest, _ body: @Sendable (any RunningStack) async throws -> Answer
    ) async throws -> Answer {
        let project = "storelab-" + String(UInt32.random(in: .min ... .max), radix: 36)
        let folder = try workspace.folder(project)
        try workspace.ledger.record(
            .swarmStack(name: project, environments: cluster.engines.environments(manager: cluster.manager)))
        let watch = SwarmWatch(cluster: cluster)
        let result: Result<Answer, any Error> = await withTaskGroup(of: Void.self) { group in
            group.addTask { await watch.run() }
            let result: Result<Answer, any Error>
            do {
                let plan = try SwarmPlan(
                    templates: templates, request: request, layout: cluster.layout, images: images, project: project)
                for file in plan.written { try file.write(into: folder) }
                let running = try await SwarmBringUp(
                    cluster: cluster, plan: plan, folder: folder, watch: watch, agents: agents,
                    ledger: workspace.ledger, tell: tell
                ).run()
                agents.enter(plan, folder: folder)
                group.addTask { await running.remote.run() }
                result = await running.injector.takingBackAll { try await body(running) }
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            return result
        }
        agents.leave()
        let limit = ContainerLogs.timeLimit(isInterrupted: Task.isCancelled)
        // Whatever cancelled the run must not cancel this.
        await Task { await takeDown(project, logs: request.logs, within: limit) }.value
        try? FileManager.default.removeItem(atPath: folder)
        return try result.get()
    }

    /// What cannot be taken down stays in the ledger, and `clean` tries again.
    private func takeDown(_ project: String, logs: String, within limit: Duration) async {
        await SwarmLogs(docker: cluster.docker, project: project).keep(in: logs, within: limit)
        do {
            let engines = cluster.engines.all.map { (cluster.name(of: $0.key), $0.value) }
            try await SwarmLeftovers(manager: cluster.docker, engines: engines, project: project).remove()
            try workspace.ledger.record(.swarmStackRemoved(name: project))
        } catch {
            var problem = error as? Problem ?? Problem(.machine, "\(error)")
            problem.message = "the stack \(project) could not be taken down: \(problem.message)"
            problem.nextStep = "Once its nodes answer: ./storelab clean"
            tell("\(problem)")
        }
    }
}
