import Foundation
import Model

/// Takes a project away: what carries its name as Compose's label, and nothing else.
package struct ComposeLeftovers: Sendable {
    /// Something of a project: how the engine lists it, and how it removes it.
    private struct Kind {
        var name: String
        var list: [String]
        var remove: [String]
    }

    private static let kinds = [
        Kind(name: "containers", list: ["ps", "--all"], remove: ["rm", "--force", "--volumes"]),
        Kind(name: "networks", list: ["network", "ls"], remove: ["network", "rm"]),
        Kind(name: "volumes", list: ["volume", "ls"], remove: ["volume", "rm", "--force"]),
    ]

    private static let attempts = 20
    /// Of calls that the engine does not answer at all; each takes its time.
    private static let mostUnanswered = 3

    private let docker: Docker
    private let project: String
    /// Of one call.
    private let limit: Duration
    private let pause: Duration

    /// - Parameters:
    ///   - limit: how long the engine may take to remove what one call names.
    ///   - pause: between attempts.
    package init(
        docker: Docker, project: String, limit: Duration = .seconds(60), pause: Duration = .milliseconds(200)
    ) {
        self.docker = docker
        self.project = project
        self.limit = limit
        self.pause = pause
    }

    /// Containers with their volumes, then networks, volumes, and images that were built under the project's name.
    /// - Throws: `Problem` that says why when the engine does not answer or something resists.
    package func remove() async throws {
        var trouble = Problem(.machine, "")
        var unanswered = 0
        // A call that a killed run had begun may still make something while this looks.
        for attempt in 0..<Self.attempts {
            do {
                var isThere = false
                for kind in Self.kinds {
                    guard let obstacle = try await remove(kind) else { continue }
                    isThere = true
                    trouble = obstacle
                }
                if !isThere, attempt > 0 { return await removeImages() }
            } catch {
                trouble = error as? Problem ?? Problem(.machine, "\(error)")
                unanswered += 1
                if unanswered == Self.mostUnanswered { break }
            }
            if attempt > 1 { try? await Task.sleep(for: pause) }
        }
        throw trouble
    }

    /// - Returns: nil when there was nothing of the kind; else what is wrong if there is something the next time.
    private func remove(_ kind: Kind) async throws -> Problem? {
        let names = try await docker.list(
            kind.list + ["--quiet", "--filter", "label=\(Container.projectLabel)=\(project)"])
        guard !names.isEmpty else { return nil }
        let output = try await docker.run(kind.remove + names, within: limit)
        let action = "removing the \(kind.name) of \(project)"
        if output.succeeded {
            return Problem(.machine, "\(action): the engine says that it did, but they are still there")
        }
        let words = output.errors.isEmpty ? output.text : output.errors
        return DockerMessage.explain(words.isEmpty ? "the engine gave no reason" : words, doing: action)
    }

    private func removeImages() async {
        for pattern in ["\(project)-*", "\(project)_*"] {
            let images = try? await docker.list(["image", "ls", "--quiet", pattern])
            if let images, !images.isEmpty { _ = try? await docker.run(["image", "rm", "--force"] + images) }
        }
    }
}
