import Foundation
import Model
import Synchronization

/// Learns from the engine when a container of a project dies.
final class ContainerWatch: Sendable {
    private let docker: Docker
    private let project: String
    /// By their components' names.
    private let replicas: [String]
    private let names: Mutex<[String: String]> = Mutex([:])
    private let dead = Mutex<[EndedPart]>([])
    private let expected = Mutex(false)
    private let seen = Mutex<[ContainerEvent]>([])
    private let doomed = Mutex<Set<String>>([])

    init(docker: Docker, project: String, replicas: [String]) {
        self.docker = docker
        self.project = project
        self.replicas = replicas
    }

    /// The component's name of each container that is watched, by the container's id.
    func follow(_ components: [String: String]) { names.withLock { $0 = components } }

    var endedParts: [EndedPart] { dead.withLock { $0 } }

    /// What became of containers by itself, in the order in which it happened.
    var events: [ContainerEvent] { seen.withLock { $0 } }

    /// What ends in the meantime was ended by us.
    func pausing<Answer>(_ body: () async throws -> Answer) async rethrows -> Answer {
        expected.withLock { $0 = true }
        defer { expected.withLock { $0 = false } }
        return try await body()
    }

    /// The next death of this component is a fault of the definition.
    func expectDeath(of component: String) { doomed.withLock { _ = $0.insert(component) } }

    private struct Event: Decodable {
        struct Actor: Decodable {
            var id: String
            var attributes: [String: String]?

            enum CodingKeys: String, CodingKey {
                case id = "ID"
                case attributes = "Attributes"
            }
        }

        var action: String
        var actor: Actor
        /// Nanoseconds since 1970.
        var time: Int?

        enum CodingKeys: String, CodingKey {
            case action = "Action"
            case actor = "Actor"
            case time = "timeNano"
        }
    }

    /// Goes on until the task is cancelled.
    func run() async {
        let events = docker.command([
            "events", "--filter", "label=\(Container.projectLabel)=\(project)", "--filter", "event=die",
            "--filter", "event=oom", "--format", "{{json .}}",
        ])
        await events.follow { await self.take($0) }
        guard !Task.isCancelled else { return }
        // Events end with the engine, and it takes the containers along.
        let everything = Set(names.withLock { $0.values }).sorted()
        // One that nothing goes on without stands for all.
        let representative = everything.filter { !replicas.contains($0) && !$0.hasSuffix("prometheus") }.prefix(1)
        dead.withLock { list in
            list += (representative.isEmpty ? everything : Array(representative)).map {
                EndedPart(component: $0, story: "the Docker engine stopped answering, and with it all containers")
            }
        }
    }

    private func take(_ line: String) async {
        guard !expected.withLock({ $0 }), let event = try? JSONDecoder().decode(Event.self, from: Data(line.utf8)),
            let name = names.withLock({ $0[event.actor.id] })
        else { return }
        if event.action == "die", doomed.withLock({ $0.remove(name) }) != nil { return }
        let time = event.time.map { Double($0) / 1e9 } ?? Date().timeIntervalSince1970
        let code = event.actor.attributes?["exitCode"].flatMap { Int($0) } ?? 0
        if let sign = ContainerEvent.sign(of: event.action, exitCode: code) {
            seen.withLock { $0.append(ContainerEvent(component: name, sign: sign, time: time)) }
        }
        guard event.action == "die" else { return }
        let container = try? await Container.inspect([event.actor.id], docker).first
        let how = code > 128 ? "was ended by signal \(code - 128)" : "exited with code \(code)"
        let log = await container?.lastLines(docker) ?? ""
        let oom = container?.status.ranOutOfMemory == true ? " (out of memory)" : ""
        let endedPart = EndedPart(
            component: name, story: "\(name) \(how)\(oom)" + (log.isEmpty ? "" : "; its last log lines:\n\(log)"))
        dead.withLock { $0.append(endedPart) }
    }
}
