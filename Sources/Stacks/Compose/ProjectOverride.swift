import Foundation
package import Model

/// Somebody's own project, left as it is: a second file beside it says what a measurement needs otherwise. No fixed
/// ports, names, networks or volumes, so that what else runs of it is not touched; the service's replicas, its CPU limit,
/// and the way to it.
package struct ProjectOverride: Sendable {
    let templates: StackTemplates
    let request: StackRequest
    let engine: DockerEngine
    let images: ChosenImages
    let own: OwnProject
    /// Of the proxy; empty where none is needed.
    let proxyImage: String
    let project: String
    let folder: String

    /// - Parameters:
    ///   - own: the project as its owner wrote it.
    ///   - project: its name for Compose, which is not the owner's.
    ///   - folder: for StoreLab's own files.
    package init(
        templates: StackTemplates, request: StackRequest, engine: DockerEngine, images: ChosenImages, own: OwnProject,
        proxyImage: String = "", project: String, folder: String
    ) {
        self.proxyImage = proxyImage
        self.templates = templates
        self.request = request
        self.engine = engine
        self.images = images
        self.own = own
        self.project = project
        self.folder = folder
    }

    static let balancer = "storelab-nginx"
    static let prometheus = "storelab-prometheus"

    /// Asks Compose what the project is made of.
    /// - Throws: `Problem` when it cannot be measured.
    func plan() async throws -> ComposePlan {
        guard engine.compose.canReplace else {
            throw Problem(
                .machine, "Docker Compose \(engine.compose.version) cannot override what a compose file says",
                nextStep: "Install Compose 2.25 or newer (docker-compose-plugin).")
        }
        let files = ComposeFiles(named: own.files, environment: ProcessInfo.processInfo.environment)
        let resolved = try await resolve(files)
        request.secrets.add(resolved.knownSecrets)
        guard let entrance = LoopbackPort.free() else {
            throw Problem(.machine, "no free port on 127.0.0.1", nextStep: "End some programs that hold connections.")
        }
        return try plan(resolved, files: files, entrance: entrance)
    }

    /// - Parameter entrance: the port of 127.0.0.1 at which the load comes in.
    /// - Throws: `Problem` (usage) when the project has no such service.
    package func plan(_ resolved: ResolvedProject, files chosen: ComposeFiles, entrance: Int) throws -> ComposePlan {
        guard let measured = resolved.services[own.service] else {
            let names = resolved.services.keys.sorted().joined(separator: ", ")
            throw Problem(
                .usage, "\(own.file) has no service \(own.service); it has: \(names)",
                nextStep: "A service with a profile is there only when COMPOSE_PROFILES, in the environment or in the "
                    + "project's .env, names the profile.")
        }
        if measured.networkMode == "host" {
            throw Problem(
                .usage,
                "\(own.service) has network_mode: host, so it has no network of its own in which StoreLab could start it "
                    + "beside others",
                nextStep:
                    "Start the project yourself and measure it where it runs: url: http://127.0.0.1:\(own.port) in place "
                    + "of compose_file, service and port.")
        }
        if case .command(let service, _)? = own.restore, resolved.services[service] == nil {
            throw Problem(.usage, "restore: \(own.file) has no service \(service) in which the command could run")
        }
        let replicas = ComposePlan.replicas(
            request.definition.replicas, of: own.service, port: own.port, project: project, engine.compose)
        let proxy = try proxy(resolved, replicas)
        var files = [
            DeployedFile(
                name: "override.yaml", text: try templates.render("override.yaml", values(resolved, entrance, proxy))),
            DeployedFile(name: "prometheus.yml", text: try templates.render("prometheus.yml", ["replicas": replicas])),
        ]
        if request.balancer != .none {
            files.append(
                DeployedFile(
                    name: "nginx.conf",
                    text: try templates.balancer(request, replicas: proxy?.replacing(replicas) ?? replicas)))
        }
        let theirs = chosen.paths.enumerated().compactMap { index, path -> DeployedFile? in
            let name = (path as NSString).lastPathComponent
            let isTaken = chosen.paths[..<index].contains { ($0 as NSString).lastPathComponent == name }
            return (try? String(contentsOfFile: path, encoding: .utf8))
                .map { DeployedFile(name: isTaken ? "\(index + 1)-\(name)" : name, text: $0) }
        }
        let databases = RecognisedDatabases(resolved)
        request.secrets.add(databases.passwords)
        return ComposePlan(
            project: project, files: chosen.paths + [folder + "/override.yaml"], folder: home,
            upArguments: ["--scale", "\(own.service)=\(request.definition.replicas)"], upLimit: .seconds(1200),
            service: own.service, port: own.port, replicas: request.definition.replicas,
            balancer: request.balancer == .none ? nil : Self.balancer, prometheus: Self.prometheus, dataset: nil,
            readyPath: own.readyPath, demandsMetrics: false, cpus: request.definition.storeCPUs,
            written: files, deployed: theirs + files, notes: chosen.notes + notes(resolved, databases),
            databases: databases, proxy: proxy, restore: own.restore)
    }

    private var home: String { (own.file as NSString).deletingLastPathComponent }

    private func resolve(_ files: ComposeFiles) async throws -> ResolvedProject {
        if let missing = files.paths.first(where: { !FileManager.default.fileExists(atPath: $0) }) {
            throw Problem(
                .usage, "there is no file \(missing)",
                nextStep: "Correct compose_file in the experiment, or COMPOSE_FILE.")
        }
        let command = engine.compose.command(
            ["config", "--format", "json"], project: project, files: files.paths, folder: home, docker: engine.docker)
        return try await ResolvedProject(command, of: own.file)
    }

    private func values(_ resolved: ResolvedProject, _ entrance: Int, _ proxy: ProxyPlan?) -> [String: any Sendable] {
        let front = request.balancer == .none ? ComposePlan.replica(1, of: own.service) : Self.balancer
        let isProxied = proxy?.listener(for: front) != nil
        let isBalanced = request.balancer != .none
        let services: [[String: any Sendable]] = resolved.services.sorted { $0.key < $1.key }.map { name, service in
            var values: [String: any Sendable] = ["name": name]
            let isMeasured = name == own.service
            if service.containerName != nil { values["named"] = true }
            let links = links(of: name, service, resolved, proxy)
            if !links.isEmpty { values["links"] = links.joined(separator: ", ") }
            if isMeasured {
                var measured = [
                    "ports": isBalanced || isProxied ? "[]" : "[\"127.0.0.1:\(entrance):\(own.port)\"]"
                ]
                measured["cpus"] = request.definition.storeCPUs.map { "\($0)" }
                values["measured"] = measured
            } else if service.ports?.isEmpty == false {
                values["published"] = true
            }
            return values
        }
        let foreign = { (all: [String: ResolvedProject.Named?]?) -> [String] in
            (all ?? [:]).filter { key, value in
                guard let value else { return false }
                return value.external == true || value.name.map { $0 != "\(project)_\(key)" } ?? false
            }.map(\.key).sorted()
        }
        var values: [String: any Sendable] = [
            "services": services.filter { $0.count > 1 },
            "serviceNetworks": (resolved.services[own.service]?.networks?.keys.sorted() ?? ["default"])
                .joined(separator: ", "),
            "folder": folder, "prometheusImage": images.names[.prometheus] ?? "",
            "prometheusPort": request.prometheusPort.map { "\($0)" } ?? "",
        ]
        let networks = foreign(resolved.networks)
        let volumes = foreign(resolved.volumes)
        if !networks.isEmpty { values["networks"] = ["names": networks] }
        if !volumes.isEmpty { values["volumes"] = ["names": volumes] }
        if isBalanced {
            var balancer: [String: any Sendable] = [
                "image": images.names[.nginx] ?? "", "service": own.service,
            ]
            // Where the load goes to the proxy, Nginx is still asked for its status.
            balancer["port"] = isProxied ? "" : "\(entrance)"
            balancer["proxied"] = proxy != nil
            balancer["cpus"] = CPUGroup.templateValues(request.definition.nginx?.cpus)
            values["balancer"] = balancer
        }
        if let proxy {
            var own = proxy.templateValues(entrance: front, published: entrance)
            own["networks"] = networksOfProxy(resolved, proxy).joined(separator: ", ")
            values["proxy"] = own
        }
        return values
    }

    private func notes(_ resolved: ResolvedProject, _ databases: RecognisedDatabases) -> [String] {
        let bound = resolved.services.sorted { $0.key < $1.key }.flatMap { name, service in
            (service.volumes ?? []).filter { $0.type == "bind" && $0.isReadOnly != true }.compactMap(\.source)
                .map { "\(name) may write into \($0)" }
        }
        return [
            own.restore != nil
                ? "StoreLab does not fill the data of the project. Between the steps of a search it brings them back and starts "
                    + "the replicas of \(own.service) anew."
                : "StoreLab neither fills nor restores the data of the project. Between the steps of a search it restarts the "
                    + "replicas of \(own.service)."
        ]
            + (databases.services.isEmpty
                ? []
                : [
                    "During the load StoreLab reads the status of these once a second, over a connection of its own to "
                        + "each, and writes nothing there: \(databases.services.joined(separator: ", "))."
                ])
            + (bound.isEmpty
                ? [] : ["Folders of this machine that the project uses: \(bound.joined(separator: "; "))."])
    }
}
