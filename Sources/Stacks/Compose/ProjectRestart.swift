import Foundation
import Model

/// What happens to somebody's own project between the steps of a search: its data are brought back where the definition
/// says how, and its replicas start anew, since what a failed step left in their processes goes with them.
struct ProjectRestart: Sendable {
    let engine: DockerEngine
    let plan: ComposePlan
    let wait: ProjectWait
    /// The published port of this machine at which the load comes in.
    let entrance: Int

    /// The engine's limit for a container's own time to end (`stop_grace_period`).
    private static let stopLimit = Duration.seconds(600)
    private static let copyLimit = Duration.seconds(600)

    private var docker: Docker { engine.docker }

    /// Once all is ready for the first time: sees to it that the first step begins as the others do.
    /// - Throws: `Problem` when the data could not be brought back later.
    func prepare() async throws {
        switch plan.restore {
        case nil: return
        case .command: try await run()
        case .volumes:
            try await stopped { containers in
                let volumes = try Self.volumes(of: containers, plan)
                let image = try await copier(of: containers)
                for volume in volumes {
                    try await copy(from: volume, to: VolumeCopy.kept(volume), in: image)
                }
            }
        }
    }

    /// - Throws: `Problem` when the data cannot be brought back, or a replica does not come up again.
    func run() async throws {
        switch plan.restore {
        case .volumes:
            try await stopped { containers in
                let image = try await copier(of: containers)
                for volume in try Self.volumes(of: containers, plan) {
                    try await copy(from: VolumeCopy.kept(volume), to: volume, in: image)
                }
            }
        case .command:
            try await runCommand()
            try await restartReplicas()
        case nil: try await restartReplicas()
        }
    }

    private func runCommand() async throws {
        guard let command = plan.restoreCommand(engine), case .command(let service, let text)? = plan.restore else {
            return
        }
        let output = try await Docker.run(command, within: Self.copyLimit)
        guard output.succeeded else {
            throw Problem(
                .measurement,
                "restore: the command failed in \(service): \(text)\n"
                    + DockerMessage.lastLines(output.text + "\n" + output.errors, 8),
                nextStep: "Try it by hand: docker compose exec \(service) sh -c '\(text)'")
        }
    }

    private func restartReplicas() async throws {
        let replicas = try await Container.all(of: plan.project, docker).filter { $0.service == plan.service }.map(\.id)
        _ = try await docker.answer(["restart", "--time", "2"] + replicas, within: .seconds(120))
        try await awaitReplicas()
    }

    /// Every replica, and then Nginx looks for them anew. It goes on running, so that it keeps its address.
    private func awaitReplicas() async throws {
        let containers = try await Container.all(of: plan.project, docker)
        let replicas = containers.filter { $0.service == plan.service }
        try await wait.untilReplicasAnswer(replicas, entrance: entrance)
        if let front = containers.first(where: { $0.service == plan.balancer }) {
            _ = try await docker.answer(["kill", "--signal", "HUP", front.id])
        }
        try await wait.until(.answers(path: plan.readyPath), port: entrance, of: plan.service)
    }

    // MARK: Volumes

    /// Stops all that runs of the project but its Prometheus and what is ours, and starts it again: what holds data first, the
    /// replicas last.
    private func stopped(_ body: ([Container]) async throws -> Void) async throws {
        let running = try await Container.all(of: plan.project, docker).filter { container in
            container.isRunning && ComposePlan.role(image: container.settings.image) != .prometheus
                && ![plan.balancer, plan.prometheus].contains(container.service)
        }
        let holders = running.filter { !$0.volumes.isEmpty && $0.service != plan.service }
        let replicas = running.filter { $0.service == plan.service }
        let others = running.filter { container in !(holders + replicas).contains { $0.id == container.id } }
        try await stop(replicas + others, ["--time", "2"])
        // A database ends in good order, in the time that the project gives it.
        try await stop(holders, [])
        try await body(running)
        // What asks a database at its start must find it.
        try await start(holders, listening: true)
        for group in [others, replicas] { try await start(group, listening: false) }
        try await awaitReplicas()
    }

    private func stop(_ containers: [Container], _ options: [String]) async throws {
        guard !containers.isEmpty else { return }
        _ = try await docker.answer(["stop"] + options + containers.map(\.id), within: Self.stopLimit)
    }

    private func start(_ containers: [Container], listening: Bool) async throws {
        guard !containers.isEmpty else { return }
        _ = try await docker.answer(["start"] + containers.map(\.id), within: .seconds(120))
        try await wait.untilReady(containers.map(\.id), listening: listening)
    }

    private func copy(from: String, to: String, in image: String) async throws {
        let copy = VolumeCopy(from: from, to: to, image: image, project: plan.project)
        _ = try await docker.answer(copy.create)
        _ = try await docker.answer(copy.arguments, within: Self.copyLimit)
    }

    /// An image with what a copy needs: best that of a container that has a volume.
    private func copier(of containers: [Container]) async throws -> String {
        let ordered = containers.filter { !$0.volumes.isEmpty } + containers.filter(\.volumes.isEmpty)
        for image in ordered.map(\.imageID).reduce(into: [String](), { if !$0.contains($1) { $0.append($1) } }) {
            if try await docker.run(VolumeCopy.trial(of: image, project: plan.project)).succeeded { return image }
        }
        throw Problem(
            .measurement, "restore: no image of the project has sh, cp and rm, with which its volumes could be copied",
            nextStep: "Write restore: { service: …, command: … } instead.")
    }

    private static func volumes(of containers: [Container], _ plan: ComposePlan) throws -> [String] {
        let volumes = Set(containers.flatMap(\.volumes)).sorted()
        guard volumes.isEmpty else { return volumes }
        throw Problem(
            .usage, "restore: volumes, but no container of the project writes into a volume",
            nextStep: "Give the database a volume in the compose file, or write restore: { service: …, command: … }.")
    }
}
