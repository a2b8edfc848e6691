import Foundation
import Model

/// A container as `docker inspect` shows it.
struct Container: Sendable, Equatable, Decodable {
    struct Status: Sendable, Equatable, Decodable {
        struct Health: Sendable, Equatable, Decodable {
            struct Check: Sendable, Equatable, Decodable {
                var output: String?

                enum CodingKeys: String, CodingKey { case output = "Output" }
            }

            var status: String
            var log: [Check]?

            enum CodingKeys: String, CodingKey { case status = "Status", log = "Log" }
        }

        var name: String
        var pid: Int
        var exitCode: Int
        var ranOutOfMemory: Bool
        /// nil where the image and the project define no health check.
        var health: Health?

        enum CodingKeys: String, CodingKey {
            case name = "Status", pid = "Pid", exitCode = "ExitCode", ranOutOfMemory = "OOMKilled", health = "Health"
        }
    }

    struct Settings: Sendable, Equatable, Decodable {
        var image: String
        var labels: [String: String]?

        enum CodingKeys: String, CodingKey { case image = "Image", labels = "Labels" }
    }

    struct Limits: Sendable, Equatable, Decodable {
        var nanoCPUs: Int?
        var quota: Int?
        var period: Int?

        enum CodingKeys: String, CodingKey { case nanoCPUs = "NanoCpus", quota = "CpuQuota", period = "CpuPeriod" }
    }

    struct Binding: Sendable, Equatable, Decodable {
        var port: String

        enum CodingKeys: String, CodingKey { case port = "HostPort" }
    }

    struct Network: Sendable, Equatable, Decodable {
        struct Membership: Sendable, Equatable, Decodable {
            var address: String?

            enum CodingKeys: String, CodingKey { case address = "IPAddress" }
        }

        /// By the port inside, for example `5000/tcp`.
        var ports: [String: [Binding]?]?
        /// By the network's name.
        var networks: [String: Membership]?

        enum CodingKeys: String, CodingKey { case ports = "Ports", networks = "Networks" }
    }

    var id: String
    var name: String
    /// Id of the image.
    var imageID: String
    var restarts: Int
    var status: Status
    var settings: Settings
    var limits: Limits
    var network: Network

    enum CodingKeys: String, CodingKey {
        case id = "Id", name = "Name", imageID = "Image", restarts = "RestartCount", status = "State"
        case settings = "Config", limits = "HostConfig", network = "NetworkSettings"
    }

    static let projectLabel = "com.docker.compose.project"

    /// As Docker's name service knows it.
    var hostName: String { name.hasPrefix("/") ? String(name.dropFirst()) : name }
    var service: String { settings.labels?["com.docker.compose.service"] ?? hostName }
    /// Of several replicas, from 1.
    var number: Int { settings.labels?["com.docker.compose.container-number"].flatMap { Int($0) } ?? 1 }
    var isRunning: Bool { status.name == "running" }
    /// Runs, and is healthy where it says so.
    var isReady: Bool { isRunning && (status.health.map { $0.status == "healthy" } ?? true) }

    /// The port of this machine's loopback interface at which one of its own is published.
    func published(_ port: Int) -> Int? {
        let bindings = network.ports?["\(port)/tcp"].flatMap { $0 } ?? []
        return bindings.first.flatMap { Int($0.port) }
    }

    /// Its own address, where a bridge network of this machine leads to it; nil where its processes are not this
    /// machine's, so that nothing does.
    var address: String? {
        guard kill(pid_t(status.pid), 0) == 0 || errno == EPERM else { return nil }
        return network.networks?.sorted { $0.key < $1.key }.compactMap(\.value.address).first { !$0.isEmpty }
    }

    /// Cores that it may use; nil for no limit.
    var cores: Double? {
        if let nano = limits.nanoCPUs, nano > 0 { return Double(nano) / 1e9 }
        guard let quota = limits.quota, quota > 0 else { return nil }
        let period = limits.period.flatMap { $0 > 0 ? $0 : nil } ?? 100_000
        return Double(quota) / Double(period)
    }

    /// How it ended, or why it is not ready.
    var trouble: String {
        if status.ranOutOfMemory { return "ran out of memory" }
        if !isRunning {
            return status.exitCode > 128
                ? "was ended by signal \(status.exitCode - 128)" : "exited with code \(status.exitCode)"
        }
        let last = status.health?.log?.last?.output?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        return "is not healthy" + (last.isEmpty ? "" : "; its health check says: \(last.prefix(200))")
    }

    /// All containers of a project, in the order of their services and numbers.
    static func all(of project: String, _ docker: Docker) async throws -> [Container] {
        let ids = try await docker.list(["ps", "--all", "--quiet", "--filter", "label=\(projectLabel)=\(project)"])
        guard !ids.isEmpty else { return [] }
        return try await inspect(ids, docker)
    }

    static func inspect(_ ids: [String], _ docker: Docker) async throws -> [Container] {
        // One that vanished meanwhile makes the call fail, but the others are told.
        let output = try await docker.run(["inspect", "--type", "container"] + ids)
        guard let containers = try? JSONDecoder().decode([Container].self, from: Data(output.text.utf8)) else {
            throw DockerTrouble.explain(output.errors, doing: "docker inspect")
        }
        return containers.sorted { ($0.service, $0.number) < ($1.service, $1.number) }
    }

    /// The end of its log, indented.
    func lastLines(_ docker: Docker, _ count: Int = 5) async -> String {
        guard let output = try? await docker.run(["logs", "--tail", "\(count)", id], within: .seconds(10)) else {
            return ""
        }
        return DockerTrouble.lastLines(output.text + output.errors, count)
    }
}
