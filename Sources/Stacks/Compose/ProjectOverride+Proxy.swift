import Model

/// The proxy in somebody's own project. Whoever uses a part by its service's name is led to the proxy instead: a link
/// (Docker's `links`) gives a name its meaning for one container alone, so the proxy itself still finds the part by it.
extension ProjectOverride {
    static let proxy = "storelab-proxy"

    /// - Throws: `Problem` (usage) when a part that a fault needs it for cannot be proxied.
    func proxy(_ resolved: ResolvedProject, _ replicas: [[String: String]]) throws -> ProxyPlan? {
        guard let wanted = request.proxy else { return nil }
        var listeners = ProxyPlan.listeners(for: replicas, wanted)
        for name in wanted.parts where !listeners.contains(where: { $0.part == name }) {
            if name == Self.balancer || Component.Role(ofPart: name) == .balancer, request.balancer != .none,
                resolved.services[name] == nil
            {
                listeners.append(.init(part: Self.balancer, port: 80, upstream: "\(Self.balancer):80"))
                continue
            }
            // What the stack does not have at all is said where the faults are planned.
            guard let (service, found) = part(name, resolved), service != own.service else { continue }
            guard found.networkMode == nil || found.networkMode == "bridge" else {
                throw Problem(
                    .usage, "faults: \(service) has network_mode, so no proxy can stand before it",
                    nextStep: "Leave out slow, cut and bandwidth of \(service), or its network_mode.")
            }
            let ports = found.knownPorts
            guard !ports.isEmpty else {
                throw Problem(
                    .usage, "faults: the compose file does not say at which port \(service) listens",
                    nextStep: "Add expose: with its port to the service.")
            }
            for port in ports where !listeners.contains(where: { $0.part == service && $0.port == port }) {
                guard !listeners.contains(where: { $0.port == port }) else {
                    throw Problem(
                        .usage, "faults: one proxy cannot stand before two services that listen at port \(port)",
                        nextStep: "Write slow, cut and bandwidth for one of them.")
                }
                listeners.append(.init(part: service, port: port, upstream: "\(service):\(port)"))
            }
        }
        return ProxyPlan(service: Self.proxy, image: proxyImage, seed: wanted.seed, listeners: listeners)
    }

    /// A service by its name, or the only one of the role that the name stands for.
    private func part(_ name: String, _ resolved: ResolvedProject) -> (name: String, service: ResolvedProject.Service)?
    {
        if let service = resolved.services[name] { return (name, service) }
        guard let role = Component.Role(ofPart: name) else { return nil }
        let all = resolved.services.filter { $0.value.image.map { ComposePlan.role(image: $0) == role } ?? false }
        return all.count == 1 ? all.first.map { ($0.key, $0.value) } : nil
    }

    /// Services of the project before which the proxy stands.
    private func proxied(_ resolved: ResolvedProject, _ proxy: ProxyPlan?) -> [String] {
        Set((proxy?.listeners ?? []).map(\.part)).filter { resolved.services[$0] != nil }.sorted()
    }

    /// The links that a service needs to find the proxy in place of the parts.
    func links(
        of name: String, _ service: ResolvedProject.Service, _ resolved: ResolvedProject, _ proxy: ProxyPlan?
    ) -> [String] {
        guard service.networkMode == nil || service.networkMode == "bridge" else { return [] }
        return proxied(resolved, proxy).filter { part in
            part != name
                && resolved.services[part].map { !$0.knownNetworks.isDisjoint(with: service.knownNetworks) } ?? false
        }
        .map { "\"\(Self.proxy):\($0)\"" }
    }

    /// Those of all parts that it stands before, and of the measured service.
    func networksOfProxy(_ resolved: ResolvedProject, _ proxy: ProxyPlan) -> [String] {
        let names = proxied(resolved, proxy) + [own.service]
        return Set(names.flatMap { resolved.services[$0]?.knownNetworks ?? [] }).sorted()
    }
}

extension ResolvedProject.Service {
    var knownNetworks: Set<String> { Set(networks.map { Array($0.keys) } ?? ["default"]) }

    /// Those that the project names, else the usual one of such an image.
    var knownPorts: [Int] {
        let named =
            (ports ?? []).compactMap(\.target)
            + (expose ?? []).compactMap { $0.split(separator: "/").first.flatMap { Int($0) } }
        if !named.isEmpty { return Set(named).sorted() }
        let name = image?.split(separator: "/").last?.lowercased() ?? ""
        let usual = [
            "mysql": 3306, "mariadb": 3306, "percona": 3306, "postgres": 5432, "redis": 6379, "valkey": 6379,
            "memcached": 11_211, "nginx": 80,
        ]
        return usual.first { name.hasPrefix($0.key) }.map { [$0.value] } ?? []
    }
}
