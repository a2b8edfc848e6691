import Foundation
import Model

/// Renders the project of the store: `templates/stack/compose.yaml` and what it refers to, into a folder.
struct StoreProject: Sendable {
    let templates: StackTemplates
    let request: StackRequest
    let engine: DockerEngine
    let images: ChosenImages
    let storeImage: String
    let project: String
    let folder: String
    let storeExecutable: String

    /// Inside the containers.
    static let port = 5000

    func plan() throws -> ComposePlan {
        let definition = request.definition
        let replicas = ComposePlan.replicas(
            definition.replicas, of: "store", port: Self.port, project: project, engine.compose)
        let password = Password.random()
        request.secrets.add([password])
        var files = [
            DeployedFile(name: "compose.yaml", text: try templates.render("compose.yaml", values())),
            DeployedFile(name: ".env", text: environment(password)),
            DeployedFile(name: "prometheus.yml", text: try templates.render("prometheus.yml", ["replicas": replicas])),
            DeployedFile(name: "schema.sql", text: try templates.text(of: "schema.sql")),
        ]
        if request.balancer != .none {
            files.append(
                DeployedFile(name: "nginx.conf", text: try templates.balancer(request, replicas: replicas)))
        }
        for file in files { try file.write(into: folder) }
        return ComposePlan(
            project: project, files: [folder + "/compose.yaml"], folder: folder, upArguments: [],
            upLimit: .seconds(180), service: "store", port: Self.port, replicas: definition.replicas,
            balancer: request.balancer == .none ? nil : "nginx", prometheus: "prometheus", dataset: "dataset",
            readyPath: "/health-check", demandsMetrics: true, cpus: definition.storeCPUs,
            deployed: files, notes: images.notes, password: password, storeExecutable: storeExecutable)
    }

    private func values() -> [String: any Sendable] {
        let definition = request.definition
        var values: [String: any Sendable] = [
            "replicas": definition.replicas, "backend": definition.backend.rawValue,
            "balanced": request.balancer != .none, "startInterval": engine.knowsStartInterval,
            "datasetArguments": (["load-dataset", "--schema", "/schema.sql"] + definition.dataset.storeArguments)
                .map { "\"\($0)\"" }.joined(separator: ", "),
            "prometheusPort": request.prometheusPort.map { "\($0)" } ?? "",
        ]
        values["pool"] = definition.storePool.map(String.init)
        values["mysqlConnections"] = definition.mysql?.connections.map(String.init)
        values["redisConnections"] = definition.redis?.connections.map(String.init)
        values["cpus"] = Self.limit(definition.storeCPUs)
        values["mysqlCPUs"] = Self.limit(definition.mysql?.cpus)
        values["redisCPUs"] = Self.limit(definition.redis?.cpus)
        values["nginxCPUs"] = Self.limit(definition.nginx?.cpus)
        return values
    }

    /// What a template says of a CPU limit: the same as the local stack's groups are told, so that the limits are alike.
    static func limit(_ cores: Double?) -> [String: String]? {
        cores.map { cores in
            let (period, quota) = CPUGroup.bandwidth(cores)
            return ["cores": "\(cores)", "period": "\(period)", "quota": "\(quota)"]
        }
    }

    private func environment(_ password: String) -> String {
        let names = images.names.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.key.rawValue.uppercased())_IMAGE=\($0.value)" }
        let lines =
            ["COMPOSE_PROJECT_NAME=\(project)", "STORE_IMAGE=\(storeImage)"] + names
            + ["DB_PASSWORD=\(password)"]
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Passwords of databases that live as long as a measurement.
enum Password {
    static func random() -> String {
        String((0..<24).map { _ in "abcdefghijkmnpqrstuvwxyz23456789".randomElement() ?? "x" })
    }
}

extension Dataset {
    /// For `store load-dataset`.
    var storeArguments: [String] {
        switch self {
        case .course: ["--dataset", "course"]
        case .generated(let users, let products, let orders, let seed):
            ["--users", "\(users)", "--products", "\(products)", "--orders", "\(orders)", "--seed", "\(seed)"]
        }
    }
}

extension DeployedFile {
    func write(into folder: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        } catch {
            throw Problem(.machine, "cannot write \(folder)/\(name): \(error.localizedDescription)")
        }
    }
}

extension StackTemplates {
    /// A file that is used as it stands.
    func text(of name: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
            throw Problem(.usage, "cannot read \(folder)/\(name)", nextStep: "Run ./storelab from a complete checkout.")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Nginx's configuration in a container: the local stack's, but for where it listens.
    func balancer(_ request: StackRequest, replicas: [[String: String]]) throws -> String {
        let connections = request.definition.nginx?.connections ?? min(2 * request.users + 1024, 32_000)
        var values: [String: any Sendable] = [
            "folder": "/tmp", "host": "0.0.0.0", "port": 80, "connections": connections,
            "openFiles": connections + 512, "replicas": replicas,
        ]
        values["policy"] = request.balancer.directive
        return try render("nginx.conf", values)
    }
}

extension Balancer {
    /// The directive of the upstream block; none for round robin, which is Nginx's default.
    var directive: String? {
        switch self {
        case .none, .roundRobin: nil
        case .leastConnections, .ipHash, .random: rawValue
        }
    }
}
