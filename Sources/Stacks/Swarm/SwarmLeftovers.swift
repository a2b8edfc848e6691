import Foundation
import Model

/// Takes a stack away from all nodes of its swarm: what carries its name as the stack's label, and nothing else.
package struct SwarmLeftovers: Sendable {
    private static let label = "com.docker.stack.namespace"
    /// After which what still runs on a node is removed there, since its swarm does not.
    private static let courtesy = Duration.seconds(20)

    /// Of one node's engine, to a question.
    private static let answerTime = Duration.seconds(10)

    private let manager: Docker
    private let engines: [(name: String, docker: Docker)]
    private let project: String
    private let patience: Duration

    /// - Parameters:
    ///   - engines: of the nodes, as far as they are reached, with their names.
    ///   - patience: containers take some seconds to end, and a network goes after them.
    package init(
        manager: Docker, engines: [(String, Docker)], project: String, patience: Duration = .seconds(60)
    ) {
        self.patience = patience
        self.manager = manager
        self.engines = engines.map { (name: $0.0, docker: $0.1) }
        self.project = project
    }

    /// Services, secrets, configs and networks of the swarm, then waits until the tasks and their containers are gone.
    /// - Throws: `Problem` that says what is still there.
    package func remove() async throws {
        let began = ContinuousClock.now
        var clear = 0
        while true {
            let passed = ContinuousClock.now - began
            let left = try await removeOnce(isForced: passed > Self.courtesy)
            // A call that a killed run had begun may still make something: look twice.
            clear = left.isEmpty ? clear + 1 : 0
            if clear == 2 { return }
            guard passed < patience else {
                throw Problem(.machine, "still there: \(left.joined(separator: ", "))")
            }
            try? await Task.sleep(for: .milliseconds(300))
        }
    }

    /// - Returns: what there still was.
    private func removeOnce(isForced: Bool) async throws -> [String] {
        var left: [String] = []
        for kind in ["service", "secret", "config", "network"] {
            let names = try await manager.list([kind, "ls", "--quiet", "--filter", "label=\(Self.label)=\(project)"])
            guard !names.isEmpty else { continue }
            left.append("\(names.count) × \(kind)")
            // A network is in use until its last container has ended; the next time it goes.
            _ = try await manager.run([kind, "rm"] + names)
        }
        let tasks = await SwarmTask.ids(of: project, manager)
        if !tasks.isEmpty { left.append("\(tasks.count) × task") }
        for (name, docker) in engines {
            do {
                left += try await removeOn(name, docker, isForced: isForced)
            } catch {
                left.append("the node \(name), which does not answer")
            }
        }
        return left
    }

    private func removeOn(_ name: String, _ docker: Docker, isForced: Bool) async throws -> [String] {
        var left: [String] = []
        let filter = ["--quiet", "--filter", "label=\(Self.label)=\(project)"]
        let containers = try await docker.list(["ps", "--all"] + filter, within: Self.answerTime)
        if !containers.isEmpty {
            left.append("\(containers.count) × container on \(name)")
            if isForced { _ = try await docker.run(["rm", "--force", "--volumes"] + containers) }
        }
        // A worker shows the swarm's networks as long as it has containers in them.
        let networks = try await docker.list(
            ["network", "ls", "--quiet", "--filter", "name=\(project)_"], within: Self.answerTime)
        if !networks.isEmpty { left.append("network on \(name)") }
        return left
    }
}
