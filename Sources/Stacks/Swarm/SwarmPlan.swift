package import Model

/// The store's stack on a swarm as a value: `templates/stack/swarm.yaml` and what it refers to.
package struct SwarmPlan: Sendable {
    let project: String
    let request: StackRequest
    let layout: SwarmLayout
    let images: SwarmImages
    /// To be written into a folder of StoreLab's own before the deployment.
    package let written: [DeployedFile]
    /// The configuration as the record keeps it: without the password.
    package let deployed: [DeployedFile]

    /// The container of helper programs on the node of the databases.
    static let tools = "tools"

    /// - Parameter project: the stack's name; all that the swarm makes of it begins with it.
    /// - Throws: `Problem` that names a template which cannot be rendered.
    package init(
        templates: StackTemplates, request: StackRequest, layout: SwarmLayout, images: SwarmImages, project: String
    ) throws {
        (self.project, self.request, self.layout, self.images) = (project, request, layout, images)
        let names = (1...request.definition.replicas).map { ["name": "store-\($0)", "address": "store-\($0):5000"] }
        var files = [
            DeployedFile(
                name: "swarm.yaml",
                text: try templates.render("swarm.yaml", Self.values(request, layout: layout, images: images))),
            DeployedFile(name: "prometheus.yml", text: try templates.render("prometheus.yml", ["replicas": names])),
            DeployedFile(name: "schema.sql", text: try templates.text(of: "schema.sql")),
        ]
        if request.balancer != .none {
            files.append(DeployedFile(name: "nginx.conf", text: try templates.balancer(request, replicas: names)))
        }
        let password = Password.random()
        request.secrets.add([password])
        deployed = files
        written = files + [DeployedFile(name: "password", text: password)]
    }

    private static func values(
        _ request: StackRequest, layout: SwarmLayout, images: SwarmImages
    ) -> [String: any Sendable] {
        let definition = request.definition
        let replicas = (1...definition.replicas).map { number in
            ["name": "store-\(number)", "node": layout.node(ofReplica: number).id]
        }
        var values: [String: any Sendable] = [
            "dataNode": layout.data.id, "replicas": replicas, "backend": definition.backend.rawValue,
            "balanced": request.balancer != .none, "published": request.balancer == .none,
        ]
        for part in ["mysql", "redis", "nginx", "prometheus", "store"] { values["\(part)Image"] = images.ids[part] }
        values["prometheusPort"] = request.prometheusPort.map(String.init)
        values["fallback"] = definition.fallback?.rawValue
        values["prices"] = definition.prices?.rawValue
        values["pool"] = definition.storePool.map(String.init)
        values["mysqlConnections"] = definition.mysql?.connections.map(String.init)
        values["redisConnections"] = definition.redis?.connections.map(String.init)
        values["cpus"] = definition.storeCPUs.map { "\($0)" }
        values["mysqlCPUs"] = definition.mysql?.cpus.map { "\($0)" }
        values["redisCPUs"] = definition.redis?.cpus.map { "\($0)" }
        values["nginxCPUs"] = definition.nginx?.cpus.map { "\($0)" }
        return values
    }

    package var replicas: [String] { (1...request.definition.replicas).map { "store-\($0)" } }
    /// Where the load goes, and the port at which it listens inside.
    var front: (part: String, port: Int) { request.balancer == .none ? ("store-1", 5000) : ("nginx", 80) }

    package func deployment(in folder: String) -> [String] {
        ["stack", "deploy", "--resolve-image", "never", "--compose-file", "\(folder)/swarm.yaml", project]
    }

    /// Starts parts that were deployed without a container.
    package func start(_ parts: [String]) -> [String] {
        ["service", "scale", "--detach"] + parts.map { "\(project)_\($0)=1" }
    }

    package var loadDataset: [String] {
        ["load-dataset", "--schema", "/schema.sql"] + request.definition.dataset.storeArguments
    }

    func cores(of part: String) -> Double? {
        let definition = request.definition
        return switch part {
        case "mysql": definition.mysql?.cpus
        case "redis": definition.redis?.cpus
        case "nginx": definition.nginx?.cpus
        case let name where name.hasPrefix("store-"): definition.storeCPUs
        default: nil
        }
    }

    static func role(of part: String) -> Component.Role {
        switch part {
        case "mysql": .database
        case "redis": .cache
        case "nginx": .balancer
        case "prometheus": .prometheus
        default: .store
        }
    }
}
