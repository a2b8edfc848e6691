import Foundation
import Model

/// What the parts of a stack have said, on all nodes, kept with the record: as much as there is time for.
struct SwarmLogs: Sendable {
    let docker: Docker
    let project: String

    /// Writes a file for each part. The manager asks the nodes; one that is down keeps its part from the file.
    /// - Parameter folder: it exists.
    func keep(in folder: String, within limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keepAll(in: folder) }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func keepAll(in folder: String) async {
        let label = "label=com.docker.stack.namespace=\(project)"
        guard let names = try? await docker.list(["service", "ls", "--filter", label, "--format", "{{.Name}}"]) else {
            return
        }
        await withTaskGroup(of: Void.self) { group in
            for name in names where !name.hasSuffix("_\(SwarmPlan.tools)") {
                let file = "\(folder)/\(name.dropFirst(project.count + 1)).log"
                group.addTask { await docker.write(["service", "logs", "--raw", name], to: file) }
            }
        }
    }
}
