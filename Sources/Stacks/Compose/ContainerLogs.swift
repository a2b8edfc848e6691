import Foundation

/// What the containers of a project have said, kept with the record: as much as there is time for. Nothing depends on it.
package struct ContainerLogs: Sendable {
    private let docker: Docker
    private let project: String

    package init(docker: Docker, project: String) {
        self.docker = docker
        self.project = project
    }

    /// For a measurement that goes its way; whoever presses Ctrl-C waits for less.
    static func timeLimit(isInterrupted: Bool) -> Duration { isInterrupted ? .seconds(1) : .seconds(20) }

    /// Writes a file for each container. All are read at once, so that a long log takes no time from the others.
    /// - Parameter folder: it exists.
    package func keep(in folder: String, within limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keepAll(in: folder) }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func keepAll(in folder: String) async {
        guard let containers = try? await Container.all(of: project, docker) else { return }
        await withTaskGroup(of: Void.self) { group in
            for container in containers {
                let file = "\(folder)/\(container.service)-\(container.number).log"
                group.addTask { await docker.write(["logs", container.id], to: file) }
            }
        }
    }
}
