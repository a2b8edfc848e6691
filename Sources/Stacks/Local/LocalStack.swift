import Foundation
import Model
import Subprocess
import SystemPackage

/// MariaDB, Redis, Nginx, Prometheus and the store as processes of our own on free loopback ports.
package struct LocalStack: Stack {
    package let kind = "local"
    let templates: StackTemplates
    let storeExecutable: String
    let workspace: Workspace

    /// - Parameter storeExecutable: absolute path of the program `store`.
    /// - Throws: `Problem` (machine) that names every program that is missing.
    package init(templates: StackTemplates, storeExecutable: String, workspace: Workspace) throws {
        self.templates = templates
        self.storeExecutable = storeExecutable
        self.workspace = workspace
        let missing = Program.allCases.filter { $0.path == nil }
        guard missing.isEmpty else { throw Program.missing(missing) }
        guard access(storeExecutable, X_OK) == 0 else {
            throw Problem(
                .machine, "\(storeExecutable) is not there",
                nextStep: "Build it: swift build -c release --product store")
        }
    }

    package func withRunning<Answer: Sendable>(
        _ request: StackRequest, _ body: @Sendable (any RunningStack) async throws -> Answer
    ) async throws -> Answer {
        let password = Password.random()
        request.secrets.add([password])
        let services = LocalServices(
            templates: templates, request: request, storeExecutable: storeExecutable, workspace: workspace.path,
            folder: try workspace.folder("stack-\(UInt32.random(in: .min ... .max))"),
            password: password)
        let serviceGroup = ServiceGroup(ledger: workspace.ledger)
        defer { try? FileManager.default.removeItem(atPath: services.folder) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await serviceGroup.run() }
            let result: Result<Answer, any Error>
            do {
                let builder = LocalStackBuilder(
                    services: services, serviceGroup: serviceGroup, ledger: workspace.ledger)
                let running = try await builder.bringUp()
                result = await running.injector.takingBackAll { try await body(running) }
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            try await group.waitForAll()
            services.removeCPUGroups()
            return try result.get()
        }
    }
}

/// Brings the services up in the order in which they need each other.
struct LocalStackBuilder {
    let services: LocalServices
    let serviceGroup: ServiceGroup
    let ledger: Ledger

    func bringUp() async throws -> RunningLocalStack {
        async let versions = Self.versions()
        async let startedProxy = startProxy()
        async let startedPrometheus = startPrometheus()
        async let startedCache = startRedis()
        async let startedDatabase = startMariaDB()
        let (database, cache) = (try await startedDatabase, try await startedCache)
        let databases = Databases(mysqlPort: database.port, redisPort: cache.port)

        async let loadedDataset = services.loadDataset(databases)
        // What watches a part goes to it directly; only who uses it goes through the proxy.
        let proxy = try await startedProxy
        let stores = try await startStores(
            Databases(
                mysqlPort: database.port, redisPort: cache.port,
                mysqlSocket: try await socket("mariadb", .database, behind: proxy),
                redisSocket: try await socket("redis", .cache, behind: proxy)))
        let upstreams = try await upstreams(stores.map(\.component), behind: proxy)
        async let startedBalancer = startNginx(upstreams)
        let prometheus = try await startedPrometheus
        try services.setPrometheusTargets(stores.map(\.component), of: prometheus.service)
        let (balancer, dataset) = (try await startedBalancer, try await loadedDataset)

        let known = await versions
        var all: [(service: Service, component: Component)] = [
            (database.service, component("mariadb", .database, known[.mariadb], database)),
            (cache.service, component("redis", .cache, known[.redis], cache)),
        ]
        all += stores.map { ($0.service, $0.component) }
        if let balancer { all.append((balancer.service, component("nginx", .balancer, known[.nginx], balancer))) }
        all.append((prometheus.service, component("prometheus", .prometheus, known[.prometheus], prometheus)))
        if let proxy {
            let own = Component(
                name: ProxyLink.component, role: .other, version: storelabVersion, address: LocalServices.host)
            all.append((proxy.service, own))
        }
        let front = balancer.map { component("nginx", .balancer, nil, $0) } ?? stores[0].component
        let entrance = try await entrance(front, behind: proxy)
        let faults = LocalFaults(
            members: all, services: services, serviceGroup: serviceGroup, databases: databases, ledger: ledger)
        return RunningLocalStack(
            members: all, endpoint: entrance,
            prometheusPort: prometheus.port, dataset: dataset, deployed: services.deployed(),
            services: services, databases: databases,
            logs: LogGrowth(
                Dictionary(
                    all.filter { $0.component.role != .prometheus }.map {
                        ($0.component.name, services.log($0.component.name))
                    }
                ) { first, _ in first }),
            injector: StackFaults(tools: faults, proxy: proxy?.link, ledger: ledger), proxy: proxy?.link)
    }

    private func component(
        _ name: String, _ role: Component.Role, _ version: String?, _ started: Started
    ) -> Component {
        Component(
            name: name, role: role, version: version, address: "\(LocalServices.host):\(started.port)",
            cpuLimit: started.limit)
    }

    /// A service that is ready, where it listens, and its CPU limit.
    private struct Started {
        var service: Service
        var port: Int
        var limit: CPUQuota?
    }

    /// Starts one in its control group, if the definition limits its CPU.
    private func start(
        _ part: String, _ probe: Probe, at port: Int? = nil,
        _ definition: (Int, CPUGroup?) throws -> ServiceDefinition
    ) async throws -> Started {
        let limited = services.makeCPUGroup(part, ledger)
        let (service, port) = try await serviceGroup.start(probe, at: port) { try definition($0, limited?.group) }
        return Started(service: service, port: port, limit: limited?.limit(of: service))
    }

    private static func versions() async -> [Program: String] {
        await withTaskGroup(of: (Program, String?).self) { group in
            for program in Program.allCases { group.addTask { (program, await program.version()) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func startMariaDB() async throws -> Started {
        let home = services.folder + "/mariadb"
        try Workspace.makeFolder(home)
        try await services.installDatabase(in: home)
        let executable = try Program.mariadb.required()
        return try await start("mariadb", .mysql) {
            try services.mariadb(port: $0, executable: executable, cpuGroup: $1)
        }
    }

    private func startRedis() async throws -> Started {
        let executable = try Program.redis.required()
        return try await start("redis", .redis) { try services.redis(port: $0, executable: executable, cpuGroup: $1) }
    }

    private func startStores(
        _ databases: Databases
    ) async throws -> [(service: Service, component: Component)] {
        try await withThrowingTaskGroup(of: (Int, Started).self) { group in
            for number in 1...services.request.definition.replicas {
                group.addTask {
                    let started = try await start("store-\(number)", .http(path: "/health-check")) {
                        services.store(number: number, port: $0, databases: databases, cpuGroup: $1)
                    }
                    return (number, started)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }
        }
        .map { number, started in
            (started.service, component("store-\(number)", .store, storelabVersion, started))
        }
    }

    private func startNginx(_ stores: [Component]) async throws -> Started? {
        guard services.request.balancer != .none else { return nil }
        let executable = try Program.nginx.required()
        return try await start("nginx", .http(path: "/nginx-status")) {
            try services.nginx(port: $0, executable: executable, stores: stores, cpuGroup: $1)
        }
    }

    private func startProxy() async throws -> LocalProxy? {
        guard let request = services.request.proxy else { return nil }
        return try await LocalProxy.start(request, services, serviceGroup)
    }

    /// - Returns: nil where no proxy stands before it for those who come by a Unix socket.
    private func socket(_ part: String, _ role: Component.Role, behind proxy: LocalProxy?) async throws -> String? {
        guard let proxy, let own = services.socket(of: part, role) else { return nil }
        return try await proxy.socket(before: part, at: own)
    }

    /// The replicas with the addresses by which Nginx is to know them.
    private func upstreams(_ stores: [Component], behind proxy: LocalProxy?) async throws -> [Component] {
        guard services.request.balancer != .none else { return stores }
        var upstreams = stores
        for index in upstreams.indices {
            guard let path = try await socket(upstreams[index].name, .store, behind: proxy) else { continue }
            upstreams[index].address = "unix:\(path)"
        }
        return upstreams
    }

    /// Where the load goes.
    private func entrance(_ front: Component, behind proxy: LocalProxy?) async throws -> Endpoint {
        var entrance = Endpoint(host: LocalServices.host, port: front.port ?? 0)
        guard let proxy, services.request.proxy?.asks(for: front.name, front.role) == true else { return entrance }
        entrance.port = try await proxy.port(before: front.name, at: front.address)
        entrance.unixSocket = try await socket(front.name, front.role, behind: proxy)
        return entrance
    }

    private func startPrometheus() async throws -> Started {
        let executable = try Program.prometheus.required()
        return try await start("prometheus", .http(path: "/-/ready"), at: services.request.prometheusPort) {
            port, _ in try services.prometheus(port: port, executable: executable)
        }
    }
}

extension Component {
    var port: Int? { address.split(separator: ":").last.flatMap { Int($0) } }
}
