import Foundation
package import Model

/// The command lines and configuration files of the local stack's services, as values.
package struct LocalServices {
    let templates: StackTemplates
    let request: StackRequest
    let storeExecutable: String
    /// Path of the run's workspace, by which its processes are known.
    let workspace: String
    /// The stack's own folder in the workspace.
    let folder: String
    /// Of the database's user; known to this run alone.
    let password: String

    package init(
        templates: StackTemplates, request: StackRequest, storeExecutable: String, workspace: String, folder: String,
        password: String
    ) {
        self.templates = templates
        self.request = request
        self.storeExecutable = storeExecutable
        self.workspace = workspace
        self.folder = folder
        self.password = password
    }

    static let host = "127.0.0.1"
    static let database = "storelab"
    static let user = "store"
    private static let isRoot = getuid() == 0

    package func mariadb(port: Int, executable: String, cpuGroup: CPUGroup?) throws -> ServiceDefinition {
        let home = folder + "/mariadb"
        let configuration = try file(
            "my.cnf",
            [
                "folder": home, "host": Self.host, "port": port, "user": superuser,
                "connections": request.definition.mysql?.connections.map(String.init),
            ])
        let access = DeployedFile(
            name: "init.sql",
            text: """
                CREATE DATABASE IF NOT EXISTS \(Self.database);
                CREATE USER IF NOT EXISTS '\(Self.user)'@'127.0.0.1' IDENTIFIED BY '\(password)';
                GRANT ALL ON \(Self.database).* TO '\(Self.user)'@'127.0.0.1';
                CREATE USER IF NOT EXISTS '\(Self.user)'@'localhost' IDENTIFIED BY '\(password)';
                GRANT ALL ON \(Self.database).* TO '\(Self.user)'@'localhost';
                """ + "\n")
        return service(
            "mariadb", executable, ["--defaults-file=\(home)/my.cnf", "--init-file=\(home)/init.sql"], in: home,
            [configuration, access], cpuGroup: cpuGroup)
    }

    package func redis(port: Int, executable: String, cpuGroup: CPUGroup?) throws -> ServiceDefinition {
        let home = folder + "/redis"
        let configuration = try file(
            "redis.conf",
            [
                "folder": home, "host": Self.host, "port": port,
                "socket": socket(of: "redis", .cache),
                "connections": request.definition.redis?.connections.map(String.init),
            ])
        return service("redis", executable, ["\(home)/redis.conf"], in: home, [configuration], cpuGroup: cpuGroup)
    }

    package func store(number: Int, port: Int, databases: Databases, cpuGroup: CPUGroup?) -> ServiceDefinition {
        let name = "store-\(number)"
        let arguments =
            [
                "serve", "--host", Self.host, "--port", "\(port)", "--name", name,
                "--backend", request.definition.backend.rawValue,
            ] + (socket(of: name, .store).map { ["--socket", $0] } ?? []) + request.definition.fallbackArguments
            + request.definition.priceArguments + request.definition.poolArguments + databases.arguments
        return ServiceDefinition(
            name: name,
            command: Command(storeExecutable, arguments, environment: environment, folder: folder + "/" + name),
            log: log(name), grace: .seconds(1), cpuGroup: cpuGroup)
    }

    package func nginx(
        port: Int, executable: String, stores: [Component], cpuGroup: CPUGroup?
    ) throws -> ServiceDefinition {
        let home = folder + "/nginx"
        let asked = request.definition.nginx?.connections
        let openFiles = min(max(2 * request.users + 1536, (asked ?? 0) + 512), Self.mostOpenFiles)
        let configuration = try file(
            "nginx.conf",
            [
                "folder": home, "host": Self.host, "port": port, "user": superuser,
                "connections": asked ?? openFiles - 512,
                "openFiles": openFiles, "policy": request.balancer.directive, "replicas": Self.replicas(stores),
            ])
        return service(
            "nginx", executable, ["-p", home, "-c", "\(home)/nginx.conf", "-e", "stderr", "-g", "daemon off;"],
            in: home, [configuration], grace: .milliseconds(500), cpuGroup: cpuGroup)
    }

    /// The system's hard limit for one process.
    private static var mostOpenFiles: Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_max)
    }

    /// Prometheus looks at its targets for the first time five seconds after it starts, so it starts first, and is told
    /// of the stores by a reload.
    package func prometheus(port: Int, executable: String) throws -> ServiceDefinition {
        let home = folder + "/prometheus"
        return service(
            "prometheus", executable,
            [
                "--config.file=\(home)/prometheus.yml", "--storage.tsdb.path=\(prometheusData)",
                "--web.listen-address=\(Self.host):\(port)", "--log.level=warn",
            ], in: home, [try prometheusTargets([])])
    }

    var prometheusData: String { folder + "/prometheus/data" }

    /// Prometheus's configuration with the stores that it is to scrape.
    package func prometheusTargets(_ stores: [Component]) throws -> DeployedFile {
        try file("prometheus.yml", ["replicas": Self.replicas(stores)])
    }

    /// Writes the targets into Prometheus's configuration and has it reload.
    func setPrometheusTargets(_ stores: [Component], of service: Service) throws {
        try prometheusTargets(stores).write(into: folder + "/prometheus")
        if let pid = service.pid { kill(pid, SIGHUP) }
    }

    /// One short call of the store's program.
    package func storeCommand(_ arguments: [String], databases: Databases) -> Command {
        Command(storeExecutable, arguments + databases.arguments, environment: environment, folder: folder)
    }

    /// The configuration files as they were deployed.
    func deployed() -> [DeployedFile] {
        [("mariadb", "my.cnf"), ("redis", "redis.conf"), ("nginx", "nginx.conf"), ("prometheus", "prometheus.yml")]
            .compactMap { home, name in
                FileManager.default.contents(atPath: "\(folder)/\(home)/\(name)")
                    .map { DeployedFile(name: name, text: String(decoding: $0, as: UTF8.self)) }
            }
    }

    var environment: [String: String] {
        ["DB_PASSWORD": password, Ledger.marker: workspace]
    }

    func log(_ name: String) -> String { "\(request.logs)/\(name).log" }

    private var superuser: String? { Self.isRoot ? "root" : nil }

    private func service(
        _ name: String, _ executable: String, _ arguments: [String], in home: String, _ files: [DeployedFile],
        grace: Duration? = nil, cpuGroup: CPUGroup? = nil
    ) -> ServiceDefinition {
        ServiceDefinition(
            name: name,
            command: Command(executable, arguments, environment: [Ledger.marker: workspace], folder: home),
            files: files, log: log(name), grace: grace, cpuGroup: cpuGroup)
    }

    private static func replicas(_ stores: [Component]) -> [[String: String]] {
        stores.map { ["name": $0.name, "address": $0.address] }
    }

    private func file(_ template: String, _ values: [String: (any Sendable)?]) throws -> DeployedFile {
        DeployedFile(name: template, text: try templates.render(template, values.compactMapValues { $0 }))
    }
}

/// Where the databases listen.
package struct Databases: Sendable, Equatable {
    var mysqlPort: Int
    var redisPort: Int
    /// Unix sockets of a proxy that stands before them; nil where none does.
    var mysqlSocket: String?
    var redisSocket: String?

    package init(mysqlPort: Int, redisPort: Int, mysqlSocket: String? = nil, redisSocket: String? = nil) {
        self.mysqlPort = mysqlPort
        self.redisPort = redisPort
        self.mysqlSocket = mysqlSocket
        self.redisSocket = redisSocket
    }

    var arguments: [String] {
        [
            "--mysql-host", mysqlSocket ?? LocalServices.host, "--mysql-port", "\(mysqlPort)", "--mysql-user",
            LocalServices.user, "--mysql-database", LocalServices.database, "--redis-host",
            redisSocket ?? LocalServices.host, "--redis-port", "\(redisPort)",
        ]
    }
}
