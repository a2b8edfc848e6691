package import Model

/// What of somebody's Compose project an experiment would measure, guessed from the project as Compose resolves it.
package struct ProjectGuess: Sendable, Equatable {
    /// The service that the load goes to.
    package var service: String
    /// That it listens at in its container.
    package var port: Int
    /// From its health check; nil without one that asks by HTTP.
    package var readyPath: String?
    package var restore: DataRestore?
    /// What was guessed, and from what: whole sentences.
    package var remarks: [String]

    package init(
        service: String, port: Int, readyPath: String? = nil, restore: DataRestore? = nil, remarks: [String] = []
    ) {
        self.service = service
        self.port = port
        self.readyPath = readyPath
        self.restore = restore
        self.remarks = remarks
    }

    /// - Throws: `Problem` (usage) where no service could be measured, with what there is.
    package init(_ project: ResolvedProject) throws {
        let candidates = project.services.sorted { $0.key < $1.key }.compactMap { name, service in
            Candidate(name, service, of: project)
        }
        guard let best = candidates.max(by: { $0.score < $1.score }) else { throw Self.problem(project) }
        let chosen = candidates.first { $0.score == best.score } ?? best
        service = chosen.name
        port = chosen.port
        readyPath = chosen.readyPath
        restore = nil
        remarks = ["The load goes to the service \(chosen.name), port \(chosen.port): \(chosen.reason)."]
        let others = candidates.filter { $0.name != chosen.name }.map { "\($0.name) (port \($0.port))" }
        if !others.isEmpty { remarks.append("It could also go to: \(others.joined(separator: ", ")).") }
        if let readyPath { remarks.append("It is ready when \(readyPath) answers, as its health check asks.") }
        let kept = project.services.filter { $0.value.keepsData }.keys.sorted()
        if !kept.isEmpty {
            restore = .volumes
            remarks.append(
                "Between the steps the volumes are brought back to what they were, since \(kept.joined(separator: ", ")) keeps data in "
                    + "one.")
        }
        let prometheus = project.services.filter { $0.value.role == .prometheus }.keys.sorted()
        if !prometheus.isEmpty {
            remarks.append(
                "The project's own Prometheus (\(prometheus.joined(separator: ", "))) is left as it is; StoreLab brings one that scrapes "
                    + "\(chosen.name).")
        }
    }

    private static func problem(_ project: ResolvedProject) -> Problem {
        let onHost = project.services.filter { $0.value.networkMode == "host" && $0.value.isApplication }.keys.sorted()
        if let name = onHost.first {
            return Problem(
                .usage, "the service \(name) is on the network of the host, so its port is not known to Compose",
                nextStep:
                    "Start the project yourself, and measure it as one that runs already: url: http://127.0.0.1:PORT.")
        }
        let names = project.services.keys.sorted().joined(separator: ", ")
        return Problem(
            .usage, "no service of the project publishes or exposes a TCP port that a load could go to (\(names))",
            nextStep: "Add ports or expose to the service that answers HTTP.")
    }
}

/// A service that may answer HTTP, and how likely it is the one that people mean.
private struct Candidate {
    var name: String
    var port: Int
    var readyPath: String?
    var score: Int
    var reason: String

    /// Names that people give to what serves, and to what is shown in a browser.
    private static let serving = ["api", "app", "web", "backend", "server", "store", "service", "gateway"]
    private static let shown = ["front", "ui", "client", "docs", "admin"]
    private static let usual: Set = [80, 3000, 5000, 8000, 8080]

    init?(_ name: String, _ service: ResolvedProject.Service, of project: ResolvedProject) {
        guard service.isApplication || service.role == .balancer, service.networkMode != "host" else { return nil }
        let published = (service.ports ?? []).filter { $0.transport ?? "tcp" == "tcp" }.compactMap(\.target)
        let exposed = (service.expose ?? []).filter { !$0.hasSuffix("/udp") }
            .compactMap { $0.split(separator: "/").first.flatMap { Int($0) } }
        let check = service.healthCheck?.test.flatMap { HealthPath($0.words.joined(separator: " ")) }
        let ports = published + exposed
        guard
            let port = check?.port.flatMap({ ports.contains($0) ? $0 : nil }) ?? published.first(
                where: Self.usual.contains)
                ?? published.first ?? exposed.first(where: Self.usual.contains) ?? exposed.first
        else { return nil }
        self.name = name
        self.port = port
        readyPath = check?.path
        var reasons: [String] = []
        score = 0
        if published.contains(port) {
            score += 4
            reasons.append("it is published")
        } else {
            reasons.append("the project exposes it")
        }
        if service.role == .balancer {
            score += 3
            reasons.append("it stands in front of the others")
        }
        if service.build != nil {
            score += 2
            reasons.append("it is built from source")
        }
        if readyPath != nil { score += 2 }
        let lower = name.lowercased()
        if Self.serving.contains(where: lower.contains) { score += 1 }
        if Self.shown.contains(where: lower.contains) { score -= 2 }
        if service.dependsOn?.keys.contains(where: { project.services[$0]?.isApplication == false }) == true {
            score += 1
            reasons.append("it depends on a database or the like")
        }
        reason = reasons.joined(separator: ", ")
    }
}

/// Port and path that a health check asks of its own container.
private struct HealthPath {
    var port: Int?
    var path: String

    init?(_ command: String) {
        let address = /https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d+))?(\/[^\s"'|;&)\\]*)?/
        guard let match = command.firstMatch(of: address) else { return nil }
        port = match.1.flatMap { Int($0) } ?? 80
        path = match.2.map(String.init) ?? "/"
    }
}

extension ResolvedProject.Service {
    /// Parts that serve an application, or watch or test it.
    private static let tools = [
        "mysql", "mariadb", "percona", "postgres", "postgis", "timescale", "mongo", "redis", "valkey", "memcached",
        "rabbitmq",
        "kafka", "zookeeper", "nats", "elasticsearch", "opensearch", "cassandra", "minio", "clickhouse", "influxdb",
        "consul",
        "etcd", "vault", "prometheus", "grafana", "loki", "promtail", "jaeger", "zipkin", "otel", "opentelemetry",
        "tempo",
        "cadvisor", "exporter", "alertmanager", "adminer", "phpmyadmin", "pgadmin", "mailhog", "mailpit", "locust",
        "k6",
        "portainer", "kibana", "redisinsight", "redis-commander",
    ]

    fileprivate var role: Component.Role { ComposePlan.role(image: image ?? "") }

    /// The program that it runs, as far as its image or command names one.
    private var program: String {
        let name = image?.split(separator: "/").suffix(2).joined(separator: "/").lowercased() ?? ""
        return build == nil ? name : ""
    }

    fileprivate var isApplication: Bool {
        guard role != .balancer else { return false }
        let started = command?.words.first?.split(separator: "/").last.map(String.init) ?? ""
        return !Self.tools.contains { program.contains($0) || started.hasPrefix($0) }
    }

    /// A database with a named volume.
    fileprivate var keepsData: Bool {
        !isApplication && role != .prometheus && role != .balancer && (volumes ?? []).contains { $0.type == "volume" }
            && ["mysql", "mariadb", "percona", "postgres", "postgis", "timescale", "mongo", "redis", "valkey"]
                .contains { program.contains($0) }
    }
}
