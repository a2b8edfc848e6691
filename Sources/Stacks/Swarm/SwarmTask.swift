import Foundation
import Model

/// A container of a service as the swarm's manager knows it, wherever it runs.
package struct SwarmTask: Sendable, Equatable, Decodable {
    struct Settings: Sendable, Equatable, Decodable {
        struct Container: Sendable, Equatable, Decodable {
            var image: String
            var labels: [String: String]?

            enum CodingKeys: String, CodingKey { case image = "Image", labels = "Labels" }
        }

        var container: Container

        enum CodingKeys: String, CodingKey { case container = "ContainerSpec" }
    }

    struct Status: Sendable, Equatable, Decodable {
        struct Container: Sendable, Equatable, Decodable {
            var id: String?
            /// On its own machine.
            var pid: Int?
            var exitCode: Int?

            enum CodingKeys: String, CodingKey { case id = "ContainerID", pid = "PID", exitCode = "ExitCode" }
        }

        struct Ports: Sendable, Equatable, Decodable {
            struct Port: Sendable, Equatable, Decodable {
                var inside: Int?
                var published: Int?

                enum CodingKeys: String, CodingKey { case inside = "TargetPort", published = "PublishedPort" }
            }

            var all: [Port]?

            enum CodingKeys: String, CodingKey { case all = "Ports" }
        }

        /// For example `running`, `starting` (until it is healthy), `failed`, `rejected`.
        var state: String
        var message: String?
        var error: String?
        var container: Container?
        var ports: Ports?

        enum CodingKeys: String, CodingKey {
            case state = "State", message = "Message", error = "Err", container = "ContainerStatus"
            case ports = "PortStatus"
        }
    }

    var id: String
    var node: String?
    var settings: Settings
    var status: Status
    var desired: String

    enum CodingKeys: String, CodingKey {
        case id = "ID", node = "NodeID", settings = "Spec", status = "Status", desired = "DesiredState"
    }

    /// The service's name in the stack file.
    package var part: String { settings.container.labels?["storelab.part"] ?? id }
    package var isRunning: Bool { status.state == "running" && desired == "running" }
    /// It came to its end, or was refused, and does not start again.
    package var hasEnded: Bool { ["complete", "failed", "rejected", "shutdown", "orphaned"].contains(status.state) }

    /// The port of its node at which one of its own is published.
    package func published(_ port: Int) -> Int? { status.ports?.all?.first { $0.inside == port }?.published }

    /// How a part that ran came to its end; nil while it runs.
    /// - Parameter node: its machine's name.
    package func ending(on node: String) -> String? {
        if hasEnded, let container = status.container, container.id?.isEmpty == false, let code = container.exitCode {
            return code > 128 ? "\(part) was ended by signal \(code - 128)" : "\(part) exited with code \(code)"
        }
        if hasEnded { return "\(part) was \(status.state): \(status.error ?? status.message ?? "")" }
        return desired == "running" ? nil : "the swarm gave up \(part), because its node \(node) does not answer"
    }

    /// All tasks of a stack.
    static func all(of project: String, _ docker: Docker) async throws -> [SwarmTask] {
        let ids = await ids(of: project, docker)
        return ids.isEmpty ? [] : try await inspect(ids, docker)
    }

    /// None also where the stack is gone.
    static func ids(of project: String, _ docker: Docker) async -> [String] {
        (try? await docker.list(["stack", "ps", "--quiet", "--no-trunc", "--no-resolve", project])) ?? []
    }

    static func inspect(_ ids: [String], _ docker: Docker) async throws -> [SwarmTask] {
        // One that vanished meanwhile makes the call fail, but the others are told.
        let output = try await docker.run(["inspect", "--type", "task"] + ids, within: .seconds(20))
        guard let tasks = try? JSONDecoder().decode([SwarmTask].self, from: Data(output.text.utf8)) else {
            throw DockerMessage.explain(output.errors, doing: "docker inspect")
        }
        return tasks.sorted { ($0.part, $0.id) < ($1.part, $1.id) }
    }
}
