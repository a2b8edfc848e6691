import Foundation
import Model

/// The project of the store as a value: `templates/stack/compose.yaml` and what it refers to, and the plan to bring it up.
package struct StoreProject: Sendable {
    let templates: StackTemplates
    let request: StackRequest
    let engine: DockerEngine
    let images: ChosenImages
    let storeImage: String
    /// Of the proxy; empty where none is needed.
    let proxyImage: String
    let project: String
    let folder: String
    let storeExecutable: String

    /// - Parameters:
    ///   - project: its name for Compose.
    ///   - folder: in which its files are to lie.
    ///   - storeExecutable: on this machine.
    package init(
        templates: StackTemplates, request: StackRequest, engine: DockerEngine, images: ChosenImages,
        storeImage: String, proxyImage: String = "", project: String, folder: String, storeExecutable: String
    ) {
        self.proxyImage = proxyImage
        self.templates = templates
        self.request = request
        self.engine = engine
        self.images = images
        self.storeImage = storeImage
        self.project = project
        self.folder = folder
        self.storeExecutable = storeExecutable
    }

    /// Inside the containers.
    static let port = 5000

    /// - Throws: `Problem` that names a template which cannot be rendered.
    package func plan() throws -> ComposePlan {
        let definition = request.definition
        let replicas = ComposePlan.replicas(
            definition.replicas, of: "store", port: Self.port, project: project, engine.compose)
        let proxy = proxy(replicas)
        let password = Password.random()
        request.secrets.add([password])
        var files = [
            DeployedFile(name: "compose.yaml", text: try templates.render("compose.yaml", values(proxy))),
            DeployedFile(name: ".env", text: environment(password)),
            DeployedFile(name: "prometheus.yml", text: try templates.render("prometheus.yml", ["replicas": replicas])),
            DeployedFile(name: "schema.sql", text: try templates.text(of: "schema.sql")),
        ]
        if request.balancer != .none {
            files.append(
                DeployedFile(
                    name: "nginx.conf",
                    text: try templates.balancer(request, replicas: proxy?.replacing(replicas) ?? replicas)))
        }
        return ComposePlan(
            project: project, files: [folder + "/compose.yaml"], folder: folder, upArguments: [],
            upLimit: .seconds(180), service: "store", port: Self.port, replicas: definition.replicas,
            balancer: request.balancer == .none ? nil : "nginx", prometheus: "prometheus", dataset: "dataset",
            readyPath: "/health-check", demandsMetrics: true, cpus: definition.storeCPUs,
            written: files, deployed: files, notes: images.notes,
            databases: RecognisedDatabases(
                mysql: .init(service: "mysql", user: "store", password: password), redis: .init(service: "redis")),
            storeExecutable: storeExecutable, proxy: proxy)
    }

    private func proxy(_ replicas: [[String: String]]) -> ProxyPlan? {
        guard let wanted = request.proxy else { return nil }
        var listeners = ProxyPlan.listeners(for: replicas, wanted)
        if wanted.asks(for: "mysql", .database) {
            listeners.append(.init(part: "mysql", port: 3306, upstream: "mysql:3306"))
        }
        if wanted.asks(for: "redis", .cache) {
            listeners.append(.init(part: "redis", port: 6379, upstream: "redis:6379"))
        }
        if request.balancer != .none, wanted.asks(for: "nginx", .balancer) {
            listeners.append(.init(part: "nginx", port: 80, upstream: "nginx:80"))
        }
        return ProxyPlan(service: "proxy", image: "${PROXY_IMAGE}", seed: wanted.seed, listeners: listeners)
    }

    private func values(_ proxy: ProxyPlan?) -> [String: any Sendable] {
        let definition = request.definition
        var values: [String: any Sendable] = [
            "replicas": definition.replicas, "backend": definition.backend.rawValue,
            "balanced": request.balancer != .none, "startInterval": engine.knowsStartInterval,
            "datasetArguments": (["load-dataset", "--schema", "/schema.sql"] + definition.dataset.storeArguments)
                .map { "\"\($0)\"" }.joined(separator: ", "),
            "prometheusPort": request.prometheusPort.map { "\($0)" } ?? "",
        ]
        if let proxy {
            values["proxy"] = proxy.templateValues(entrance: request.balancer == .none ? "store-1" : "nginx")
            values["mysqlProxied"] = proxy.listener(for: "mysql") != nil
            values["redisProxied"] = proxy.listener(for: "redis") != nil
        }
        values["fallback"] = definition.fallback?.rawValue
        values["prices"] = definition.prices?.rawValue
        values["pool"] = definition.storePool.map(String.init)
        values["mysqlConnections"] = definition.mysql?.connections.map(String.init)
        values["redisConnections"] = definition.redis?.connections.map(String.init)
        values["cpus"] = CPUGroup.templateValues(definition.storeCPUs)
        values["mysqlCPUs"] = CPUGroup.templateValues(definition.mysql?.cpus)
        values["redisCPUs"] = CPUGroup.templateValues(definition.redis?.cpus)
        values["nginxCPUs"] = CPUGroup.templateValues(definition.nginx?.cpus)
        return values
    }

    private func environment(_ password: String) -> String {
        let names = images.names.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.key.rawValue.uppercased())_IMAGE=\($0.value)" }
        let lines =
            ["COMPOSE_PROJECT_NAME=\(project)", "STORE_IMAGE=\(storeImage)"] + names
            + (request.proxy == nil ? [] : ["PROXY_IMAGE=\(proxyImage)"]) + ["DB_PASSWORD=\(password)"]
        return lines.joined(separator: "\n") + "\n"
    }
}
