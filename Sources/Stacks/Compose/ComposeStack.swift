import Foundation
import Model

/// The stack as containers: the store's project, or somebody's own.
package struct ComposeStack: Stack {
    package let kind = "compose"
    let engine: DockerEngine
    let templates: StackTemplates
    let workspace: Workspace
    let images: ChosenImages
    let storeImage: String
    /// The checkout.
    let home: String
    /// On this machine.
    let storeExecutable: String
    let tell: @Sendable (String) -> Void

    /// Connects to the engine and sees to it that all images are there.
    /// - Parameters:
    ///   - home: the checkout.
    ///   - needsStore: whether the store's own stack is to run on it; somebody's own project needs fewer images.
    ///   - tell: shows a person what takes long.
    /// - Throws: `Problem` (machine) that says what is missing and how to get it.
    package static func prepare(
        templates: StackTemplates, home: String, storeExecutable: String, workspace: Workspace, needsStore: Bool = true,
        tell: @escaping @Sendable (String) -> Void
    ) async throws -> ComposeStack {
        let engine = try await DockerEngine.connect(workspace: workspace)
        let images = try await ChosenImages.choose(
            needsStore ? StackImage.allCases : [.nginx, .prometheus], engine.docker, tell: tell)
        guard needsStore else {
            return ComposeStack(
                engine: engine, templates: templates, workspace: workspace, images: images, storeImage: "",
                home: home, storeExecutable: storeExecutable, tell: tell)
        }
        let folder = try workspace.folder("store-image")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try await StoreImage(
            docker: engine.docker, runsProgramsOfThisMachine: engine.runsProgramsOfThisMachine, home: home,
            executable: storeExecutable
        ).ensure(in: folder, tell: tell)
        return ComposeStack(
            engine: engine, templates: templates, workspace: workspace, images: images, storeImage: store,
            home: home, storeExecutable: storeExecutable, tell: tell)
    }

    /// For a person.
    package var described: String { engine.described }

    package func withRunning<Answer: Sendable>(
        _ request: StackRequest, _ body: @Sendable (any RunningStack) async throws -> Answer
    ) async throws -> Answer {
        let project = "storelab-" + String(UInt32.random(in: .min ... .max), radix: 36)
        let folder = try workspace.folder(project)
        try workspace.ledger.record(.composeProject(name: project, environment: Docker.engineEnvironment))
        let watch = ContainerWatch(
            docker: engine.docker, project: project, replicas: request.definition.replicaNames)
        let serviceGroup = ServiceGroup(ledger: workspace.ledger)
        let result: Result<Answer, any Error> = await withTaskGroup(of: Void.self) { group in
            group.addTask { await watch.run() }
            group.addTask { await serviceGroup.run() }
            let result: Result<Answer, any Error>
            do {
                let plan = try await plan(request, project: project, folder: folder)
                for file in plan.written { try file.write(into: folder) }
                let running = try await ComposeBringUp(
                    engine: engine, plan: plan, watch: watch, ledger: workspace.ledger, serviceGroup: serviceGroup,
                    own: (folder, request.logs), tell: tell
                ).run()
                result = await running.injector.takingBackAll { try await body(running) }
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            return result
        }
        let limit = ContainerLogs.timeLimit(isInterrupted: Task.isCancelled)
        // Whatever cancelled the run must not cancel this.
        await Task { await takeDown(project, logs: request.logs, within: limit) }.value
        try? FileManager.default.removeItem(atPath: folder)
        return try result.get()
    }

    private func plan(_ request: StackRequest, project: String, folder: String) async throws -> ComposePlan {
        let proxyImage = request.proxy == nil ? "" : try await proxyImage()
        if case .project(let own) = request.definition.subject {
            var plan = try await ProjectOverride(
                templates: templates, request: request, engine: engine, images: images, own: own,
                proxyImage: proxyImage,
                project: project, folder: folder
            ).plan()
            plan.storeExecutable = storeExecutable
            return plan
        }
        return try StoreProject(
            templates: templates, request: request, engine: engine, images: images, storeImage: storeImage,
            proxyImage: proxyImage, project: project, folder: folder, storeExecutable: storeExecutable
        ).plan()
    }

    private func proxyImage() async throws -> String {
        let program = LocalProxy.program(beside: storeExecutable)
        guard access(program, X_OK) == 0 else { throw LocalProxy.missing(program) }
        let folder = try workspace.folder("proxy-image")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await StoreImage(
            docker: engine.docker, runsProgramsOfThisMachine: engine.runsProgramsOfThisMachine, home: home,
            executable: program, kind: .proxy
        )
        .ensure(in: folder, tell: tell)
    }

    /// What cannot be taken down stays in the ledger, and `clean` tries again.
    /// - Parameter limit: for the logs; the removal does not depend on them.
    private func takeDown(_ project: String, logs: String, within limit: Duration) async {
        await ContainerLogs(docker: engine.docker, project: project).keep(in: logs, within: limit)
        do {
            try await ComposeLeftovers(docker: engine.docker, project: project).remove()
            try workspace.ledger.record(.composeProjectRemoved(name: project))
        } catch {
            var problem = error as? Problem ?? Problem(.machine, "\(error)")
            problem.message = "the project \(project) could not be taken down: \(problem.message)"
            problem.nextStep = "Once the engine answers: ./storelab clean"
            tell("\(problem)")
        }
    }
}
