import Foundation
import Model

/// A container as `docker inspect` shows it.
package struct Container: Sendable, Equatable, Decodable {
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
        var healthCheck: HealthCheck?
        /// Ports that the image or the project names, for example `3306/tcp`.
        var exposedPorts: [String: Nothing]?

        struct Nothing: Sendable, Equatable, Decodable {}

        enum CodingKeys: String, CodingKey {
            case image = "Image", labels = "Labels", healthCheck = "Healthcheck", exposedPorts = "ExposedPorts"
        }
    }

    /// How the engine looks whether it is well; times in nanoseconds, 0 or nil for the engine's own.
    struct HealthCheck: Sendable, Equatable, Decodable {
        var interval: Int?
        var timeout: Int?
        var startPeriod: Int?
        var retries: Int?

        enum CodingKeys: String, CodingKey {
            case interval = "Interval", timeout = "Timeout", startPeriod = "StartPeriod", retries = "Retries"
        }

        /// After which the engine itself says that it is not healthy: its start period, all its retries, and the time that the
        /// last of them may take (Dockerfile reference, HEALTHCHECK, for the engine's own values).
        var patience: Duration {
            let all = Self.given(retries) ?? 3
            let (interval, timeout) = (Self.given(interval) ?? 30_000_000_000, Self.given(timeout) ?? 30_000_000_000)
            let nanoseconds = Double(startPeriod ?? 0) + Double(all) * Double(interval) + Double(timeout)
            return .seconds(nanoseconds / 1e9)
        }

        private static func given(_ value: Int?) -> Int? { value.flatMap { $0 > 0 ? $0 : nil } }
    }

    struct Limits: Sendable, Equatable, Decodable {
        struct RestartPolicy: Sendable, Equatable, Decodable {
            var name: String?
            var most: Int?

            enum CodingKeys: String, CodingKey { case name = "Name", most = "MaximumRetryCount" }
        }

        var nanoCPUs: Int?
        var quota: Int?
        var period: Int?
        var restartPolicy: RestartPolicy?

        enum CodingKeys: String, CodingKey {
            case nanoCPUs = "NanoCpus", quota = "CpuQuota", period = "CpuPeriod", restartPolicy = "RestartPolicy"
        }
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

    struct Mount: Sendable, Equatable, Decodable {
        var type: String
        /// Of a volume.
        var name: String?
        var isWritable: Bool?

        enum CodingKeys: String, CodingKey { case type = "Type", name = "Name", isWritable = "RW" }
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
    var mounts: [Mount]?

    enum CodingKeys: String, CodingKey {
        case id = "Id", name = "Name", imageID = "Image", restarts = "RestartCount", status = "State"
        case settings = "Config", limits = "HostConfig", network = "NetworkSettings"
        case mounts = "Mounts"
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

    /// How long its health check gives it; nil without one.
    package var patience: Duration? { settings.healthCheck?.patience }

    /// It has ended, and the engine will not start it again.
    package var staysDown: Bool {
        guard ["exited", "dead"].contains(status.name) else { return false }
        let policy = limits.restartPolicy
        if let most = policy?.most, most > 0, restarts >= most { return true }
        switch policy?.name ?? "" {
        case "", "no": return true
        case "on-failure": return status.exitCode == 0
        default: return false
        }
    }

    /// Names of the volumes that it may write into, those without a name of the project's own included.
    var volumes: [String] {
        (mounts ?? []).filter { $0.type == "volume" && $0.isWritable != false }.compactMap(\.name)
    }

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

    /// The network whose address `address` is.
    var addressNetwork: String? {
        network.networks?.sorted { $0.key < $1.key }.first { $0.value.address?.isEmpty == false }?.key
    }

    /// Where its TCP ports are, by which it can be asked whether it listens; none where none is named or reached.
    var ports: [HostAndPort] {
        guard let address else { return [] }
        return (settings.exposedPorts ?? [:]).keys.filter { $0.hasSuffix("/tcp") }
            .compactMap { Int($0.dropLast(4)) }.sorted().map { HostAndPort(host: address, port: $0) }
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
