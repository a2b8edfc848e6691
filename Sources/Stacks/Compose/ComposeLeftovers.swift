import Foundation
import Model

/// Takes a project away: what carries its name as Compose's label, and nothing else.
struct ComposeLeftovers: Sendable {
    let docker: Docker
    let project: String

    /// Containers with their volumes, then networks, volumes, and images that were built under the project's name.
    /// - Throws: `Problem` when the engine does not answer or something resists.
    func remove() async throws {
        var resisting = ""
        // A call that a killed run had begun may still make something while this looks.
        for attempt in 0..<20 {
            let containers = try await find(["ps", "--all"])
            if !containers.isEmpty { resisting += await remove(["rm", "--force", "--volumes"], containers) }
            let networks = try await find(["network", "ls"])
            if !networks.isEmpty { resisting += await remove(["network", "rm"], networks) }
            let volumes = try await find(["volume", "ls"])
            if !volumes.isEmpty { resisting += await remove(["volume", "rm", "--force"], volumes) }
            if containers.isEmpty, networks.isEmpty, volumes.isEmpty, attempt > 0 {
                return await removeImages()
            }
            if attempt > 1 { try? await Task.sleep(for: .milliseconds(200)) }
        }
        throw DockerTrouble.explain(resisting, doing: "removing the project \(project)")
    }

    private func find(_ command: [String]) async throws -> [String] {
        try await docker.list(command + ["--quiet", "--filter", "label=\(Container.projectLabel)=\(project)"])
    }

    private func remove(_ command: [String], _ names: [String]) async -> String {
        (try? await docker.run(command + names))?.errors ?? ""
    }

    private func removeImages() async {
        for pattern in ["\(project)-*", "\(project)_*"] {
            let images = try? await docker.list(["image", "ls", "--quiet", pattern])
            if let images, !images.isEmpty { _ = await remove(["image", "rm", "--force"], images) }
        }
    }
}
