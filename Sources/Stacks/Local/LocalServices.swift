import Foundation
import Model

/// The command lines and configuration files of the local stack's services.
struct LocalServices {
    let templates: StackTemplates
    let request: StackRequest
    let storeExecutable: String
    let workspace: Workspace
    /// The stack's own folder in the workspace.
    let folder: String
    /// Of the database's user; known to this run alone.
    let password: String

    static let host = "127.0.0.1"
    static let database = "storelab"
    static let user = "store"
    private static let isRoot = getuid() == 0

    func mariadb(port: Int, executable: String, cpuGroup: CPUGroup?) throws -> ServiceDefinition {
        let home = folder + "/mariadb"
        try write(
            "my.cnf", to: home,
            [
                "folder": home, "host": Self.host, "port": port, "user": superuser,
                "connections": request.definition.mysql?.connections.map(String.init),
            ])
        try write(
            """
            CREATE DATABASE IF NOT EXISTS \(Self.database);
            CREATE USER IF NOT EXISTS '\(Self.user)'@'127.0.0.1' IDENTIFIED BY '\(password)';
            GRANT ALL ON \(Self.database).* TO '\(Self.user)'@'127.0.0.1';
            """ + "\n", as: "init.sql", in: home)
        return service(
            "mariadb", executable,
            ["--defaults-file=\(home)/my.cnf", "--init-file=\(home)/init.sql"], in: home, grace: nil, cpuGroup: cpuGroup
        )
    }

    func redis(port: Int, executable: String, cpuGroup: CPUGroup?) throws -> ServiceDefinition {
        let home = folder + "/redis"
        try write(
            "redis.conf", to: home,
            [
                "folder": home, "host": Self.host, "port": port,
                "connections": request.definition.redis?.connections.map(String.init),
            ])
        return service("redis", executable, ["\(home)/redis.conf"], in: home, grace: nil, cpuGroup: cpuGroup)
    }

    func store(number: Int, port: Int, databases: Databases, cpuGroup: CPUGroup?) throws -> ServiceDefinition {
        let name = "store-\(number)"
        let home = folder + "/" + name
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        return ServiceDefinition(
            name: name, executable: storeExecutable,
            arguments: [
                "serve", "--host", Self.host, "--port", "\(port)", "--name", name,
                "--backend", request.definition.backend.rawValue,
            ] + request.definition.poolArguments + databases.arguments,
            environment: environment, folder: home, log: log(name), grace: .seconds(1), cpuGroup: cpuGroup)
    }

    func nginx(
        port: Int, executable: String, stores: [Component], cpuGroup: CPUGroup?
    ) throws -> ServiceDefinition {
        let home = folder + "/nginx"
        let asked = request.definition.nginx?.connections
        let openFiles = min(max(2 * request.users + 1536, (asked ?? 0) + 512), Self.mostOpenFiles)
        try write(
            "nginx.conf", to: home,
            [
                "folder": home, "host": Self.host, "port": port, "user": superuser,
                "connections": asked ?? openFiles - 512,
                "openFiles": openFiles, "policy": request.balancer.directive, "replicas": Self.replicas(stores),
            ])
        return service(
            "nginx", executable, ["-p", home, "-c", "\(home)/nginx.conf", "-e", "stderr", "-g", "daemon off;"],
            in: home, grace: .milliseconds(500), cpuGroup: cpuGroup)
    }

    /// The system's hard limit for one process.
    private static var mostOpenFiles: Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_max)
    }

    /// Prometheus looks at its targets for the first time five seconds after it starts, so it starts first, and is told
    /// of the stores by a reload.
    func prometheus(port: Int, executable: String) throws -> ServiceDefinition {
        let home = folder + "/prometheus"
        try write("prometheus.yml", to: home, ["replicas": Self.replicas([])])
        return service(
            "prometheus", executable,
            [
                "--config.file=\(home)/prometheus.yml", "--storage.tsdb.path=\(prometheusData)",
                "--web.listen-address=\(Self.host):\(port)", "--log.level=warn",
            ], in: home, grace: nil)
    }

    var prometheusData: String { folder + "/prometheus/data" }

    /// Writes the targets into Prometheus's configuration and has it reload.
    func setPrometheusTargets(_ stores: [Component], of service: Service) throws {
        try write("prometheus.yml", to: folder + "/prometheus", ["replicas": Self.replicas(stores)])
        if let pid = service.pid { kill(pid, SIGHUP) }
    }

    /// One short call of the store's program.
    func storeCommand(_ arguments: [String], databases: Databases) -> ServiceDefinition {
        ServiceDefinition(
            name: "store", executable: storeExecutable, arguments: arguments + databases.arguments,
            environment: environment, folder: folder, log: log("store"), grace: nil)
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
        ["DB_PASSWORD": password, Ledger.marker: workspace.path]
    }

    func log(_ name: String) -> String { "\(request.logs)/\(name).log" }

    private var superuser: String? { Self.isRoot ? "root" : nil }

    private func service(
        _ name: String, _ executable: String, _ arguments: [String], in home: String, grace: Duration?,
        cpuGroup: CPUGroup? = nil
    ) -> ServiceDefinition {
        ServiceDefinition(
            name: name, executable: executable, arguments: arguments,
            environment: [Ledger.marker: workspace.path], folder: home, log: log(name), grace: grace,
            cpuGroup: cpuGroup)
    }

    private static func replicas(_ stores: [Component]) -> [[String: String]] {
        stores.map { ["name": $0.name, "address": $0.address] }
    }

    private func write(_ template: String, to home: String, _ values: [String: (any Sendable)?]) throws {
        try write(templates.render(template, values.compactMapValues { $0 }), as: template, in: home)
    }

    private func write(_ text: String, as name: String, in home: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(home)/\(name)"))
        } catch {
            throw Problem(.machine, "cannot write \(home)/\(name): \(error.localizedDescription)")
        }
    }
}

/// Where the databases listen.
struct Databases: Sendable, Equatable {
    var mysqlPort: Int
    var redisPort: Int

    var arguments: [String] {
        [
            "--mysql-host", LocalServices.host, "--mysql-port", "\(mysqlPort)", "--mysql-user", LocalServices.user,
            "--mysql-database", LocalServices.database, "--redis-host", LocalServices.host, "--redis-port",
            "\(redisPort)",
        ]
    }
}
