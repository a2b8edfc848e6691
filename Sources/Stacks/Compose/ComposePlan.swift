package import Model

/// What Compose is to bring up, and how its containers are to be understood.
package struct ComposePlan: Sendable {
    package var project: String
    /// Absolute paths, in the order in which they add to each other.
    package var files: [String]
    /// To which the paths in the files are relative.
    package var folder: String
    /// After `up --detach`.
    package var upArguments: [String]
    /// Image builds included.
    package var upLimit: Duration
    /// The service whose containers are the replicas, and the port at which each listens.
    package var service: String
    package var port: Int
    package var replicas: Int
    /// Service and port of the Nginx of ours in front; nil where the only replica is reached directly.
    package var balancer: String?
    package var prometheus: String
    /// Fills the databases and ends; nil where StoreLab has no part in the data.
    package var dataset: String?
    /// The path that answers when a replica is ready.
    package var readyPath: String
    /// Each replica of the store is a target that must be up. Somebody's own service may have no metrics.
    package var demandsMetrics: Bool
    package var cpus: Double?
    /// Files to write into StoreLab's own folder before `up`.
    package var written: [DeployedFile]
    /// The configuration as the record keeps it.
    package var deployed: [DeployedFile]
    package var notes: [String]
    /// Those that are watched, and the program of ours that asks them.
    package var databases = RecognisedDatabases()
    package var storeExecutable: String?
    /// nil where nothing is to stand between the parts.
    package var proxy: ProxyPlan?
    /// How the data of somebody's own project are brought back.
    package var restore: DataRestore?

    /// The component to which the load goes.
    var entrance: String { balancer ?? replica(1) }

    /// The component's name, for example `store-1`.
    func replica(_ number: Int) -> String { Self.replica(number, of: service) }

    static func replica(_ number: Int, of service: String) -> String { "\(service)-\(number)" }

    func isReplica(_ component: String) -> Bool { (1...replicas).contains { replica($0) == component } }

    /// Of the database's user.
    package var password: String? { databases.mysql?.password }

    package func upCommand(_ engine: DockerEngine) -> Command {
        engine.compose.command(
            ["up", "--detach"] + upArguments, project: project, files: files, folder: folder, docker: engine.docker)
    }

    /// What brings the data back in a service of the project; nil where no command does.
    package func restoreCommand(_ engine: DockerEngine) -> Command? {
        guard case .command(let service, let text)? = restore else { return nil }
        return engine.compose.command(
            ["exec", "-T", service, "/bin/sh", "-c", text], project: project, files: files, folder: folder,
            docker: engine.docker)
    }

    /// The replicas' names in Docker's name service, with their port.
    static func replicas(
        _ count: Int, of service: String, port: Int, project: String, _ compose: ComposeTool
    ) -> [[String: String]] {
        (1...count).map { number in
            let host = [project, service, "\(number)"].joined(separator: compose.separator)
            return ["name": replica(number, of: service), "address": "\(host):\(port)"]
        }
    }

    /// A service's role as its image's name tells it.
    static func role(image: String) -> Component.Role {
        let name = image.split(separator: "/").last?.lowercased() ?? ""
        return if ["mysql", "mariadb", "postgres"].contains(where: name.hasPrefix) {
            .database
        } else if ["redis", "valkey", "memcached"].contains(where: name.hasPrefix) {
            .cache
        } else if ["nginx", "haproxy", "traefik", "caddy"].contains(where: name.hasPrefix) {
            .balancer
        } else if name.hasPrefix("prometheus") {
            .prometheus
        } else {
            .other
        }
    }
}
