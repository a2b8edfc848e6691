import Yams

/// What `docker stack deploy` makes of something in a Compose file.
package struct StackFileFinding: Sendable, Equatable, CustomStringConvertible {
    package enum Effect: String, Sendable {
        /// The deployment stops.
        case refused
        /// It is deployed as if it were not written.
        case ignored
        /// It means something else on a swarm.
        case different
    }

    package var effect: Effect
    package var fault: DefinitionFault

    package var description: String {
        "\(fault.file):\(fault.line):\(fault.column): \(effect.rawValue): \(fault.message)"
    }
}

/// Reads a Compose file as `docker stack deploy` would, before anything is deployed. What it takes is the schema 3.13 of
/// Docker's command line (github.com/docker/cli, cli/compose/schema and cli/compose/types), and what a service of a swarm
/// lacks is from the same place.
package struct StackFileCheck {
    private let file: String
    private var findings: [StackFileFinding] = []

    /// - Throws: a fault where the text is no YAML, or no Compose file.
    package static func findings(in text: String, file: String) throws(DefinitionFault) -> [StackFileFinding] {
        let root: Node?
        do {
            root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw DefinitionFault(file: file, line: error.line, column: 1, message: "not YAML: \(error)".shortened)
        } catch {
            throw DefinitionFault(file: file, line: 1, column: 1, message: "not YAML: \(error)".shortened)
        }
        guard let mapping = root?.mapping, let services = mapping["services"]?.mapping else {
            throw DefinitionFault(file: file, line: 1, column: 1, message: "not a Compose file: it has no services")
        }
        var check = StackFileCheck(file: file)
        check.read(mapping)
        for (key, value) in services.entries { check.service(key, value) }
        check.placeholders(in: .mapping(mapping))
        return check.findings.sorted { ($0.fault.line, $0.fault.column) < ($1.fault.line, $1.fault.column) }
    }

    private init(file: String) { self.file = file }

    private mutating func add(_ effect: StackFileFinding.Effect, _ message: String, at node: Node) {
        let fault = DefinitionFault(
            file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1, message: message)
        let finding = StackFileFinding(effect: effect, fault: fault)
        if !findings.contains(finding) { findings.append(finding) }
    }

    // MARK: The file

    private mutating func read(_ mapping: Node.Mapping) {
        for (key, value) in mapping.entries {
            let name = key.string ?? ""
            switch name {
            case "version":
                if let version = value.string, !version.hasPrefix("3") {
                    add(.refused, "the version must be 3.0 to 3.13, or left out", at: value)
                }
            case "services", "configs", "secrets": continue
            case "networks": networks(value)
            case "volumes":
                for (volume, _) in value.mapping?.entries ?? [] {
                    add(
                        .different,
                        "each node has a volume \(volume.string ?? "") of its own: a container that moves finds it empty",
                        at: volume)
                }
            case _ where name.hasPrefix("x-"): continue
            default: add(.refused, "\(name) is not known at this place", at: key)
            }
        }
    }

    private mutating func networks(_ value: Node) {
        for (_, network) in value.mapping?.entries ?? [] {
            guard let driver = network.mapping?["driver"], driver.string != "overlay" else { continue }
            add(.refused, "services of a swarm need a network of the driver overlay", at: driver)
        }
    }

    /// `${NAME}` without a value of its own.
    private mutating func placeholders(in node: Node) {
        switch node {
        case .scalar(let scalar):
            for found in scalar.string.matches(of: /\$\{?([A-Za-z_][A-Za-z0-9_]*)(\}|[^A-Za-z0-9_:?+\-]|$)/) {
                let before = scalar.string[..<found.range.lowerBound].last
                guard before != "$" else { continue }
                add(
                    .different,
                    "\(found.1) comes from the shell alone: a swarm reads no .env file, and without it is empty",
                    at: node)
            }
        case .sequence(let sequence): for one in sequence { placeholders(in: one) }
        case .mapping(let mapping): for (_, value) in mapping.entries { placeholders(in: value) }
        case .alias: return
        }
    }

    // MARK: A service

    private mutating func service(_ key: Node, _ value: Node) {
        guard let mapping = value.mapping else { return }
        if mapping.value("image") == nil {
            add(.refused, "the service \(key.string ?? "") names no image, and a swarm builds none", at: key)
        }
        for (key, value) in mapping.entries {
            let name = key.string ?? ""
            if let instead = Self.ignored[name] {
                add(.ignored, "\(name)" + (instead.isEmpty ? "" : ": \(instead)"), at: key)
            } else if let instead = Self.forbidden[name] {
                add(.refused, "\(name): \(instead)", at: key)
            } else if !Self.known.contains(name), !name.hasPrefix("x-") {
                add(
                    .refused, "\(name) is not known at this place" + (Self.instead[name].map { "; \($0)" } ?? ""),
                    at: key)
            }
            switch name {
            case "depends_on": dependencies(key, value)
            case "ports": for port in value.sequence ?? [] { self.port(port) }
            case "volumes": for volume in value.sequence ?? [] { self.volume(volume) }
            case "env_file":
                for entry in value.sequence ?? [] where entry.mapping != nil {
                    add(.refused, "an entry of env_file must be a path", at: entry)
                }
            case "deploy": deploy(value)
            default: continue
            }
        }
    }

    private mutating func dependencies(_ key: Node, _ value: Node) {
        if value.mapping != nil {
            add(.refused, "depends_on must be a list of names: a swarm waits for no condition", at: key)
        } else {
            add(.ignored, "depends_on: a swarm starts all services at once", at: key)
        }
    }

    private mutating func port(_ node: Node) {
        if let address = node.mapping?["host_ip"] {
            add(
                .refused, "host_ip is not known at this place; a swarm publishes at every address of a node",
                at: address)
            return
        }
        guard let text = node.string, text.split(separator: ":").count > 2 || text.hasPrefix("[") else { return }
        add(.ignored, "the address in \(text): the port is published at every address of every node", at: node)
    }

    private mutating func volume(_ node: Node) {
        let source =
            node.mapping.map { $0["type"]?.string == "bind" ? $0["source"]?.string ?? "" : "" }
            ?? node.string.flatMap { $0.contains(":") ? $0.split(separator: ":").first.map(String.init) : nil } ?? ""
        guard source.hasPrefix(".") || source.hasPrefix("/") || source.hasPrefix("~") else { return }
        add(
            .different, "\(source) must be there on each node that may run it; a file can be a config instead", at: node
        )
    }

    private mutating func deploy(_ value: Node) {
        for kind in ["limits", "reservations"] {
            guard let cores = value.mapping?["resources"]?.mapping?[.init(kind)]?.mapping?["cpus"] else { continue }
            if case .scalar(let scalar) = cores, scalar.style == .plain {
                add(.refused, "cpus must be a text: \"\(scalar.string)\"", at: cores)
            }
            add(.different, "the period of a CPU limit is 100 ms on a swarm, and cannot be set", at: cores)
        }
    }

    // MARK: Keys of a service

    /// Each with what to do instead.
    private static let ignored = [
        "build": "the image must be in a registry, or on every node", "cgroup_parent": "", "cgroupns_mode": "",
        "container_name": "a swarm names its containers itself", "devices": "", "domainname": "",
        "expose": "services of one network reach each other at every port", "external_links": "", "ipc": "",
        "links": "services of one network reach each other by name", "mac_address": "",
        "network_mode": "services of a swarm need a network of the driver overlay", "pid": "", "privileged": "",
        "restart": "write deploy: { restart_policy: … }", "security_opt": "", "shm_size": "", "userns_mode": "",
    ]

    private static let forbidden = [
        "extends": "write the keys out", "volume_driver": "define the volume under volumes, with its driver",
        "volumes_from": "define the volume under volumes, and name it in each service",
        "cpu_quota": limit, "cpu_shares": limit, "cpuset": limit, "mem_limit": limit, "memswap_limit": limit,
    ]

    private static let limit = "write deploy: { resources: { limits: … } }"

    private static let instead = [
        "cpus": limit, "cpu_period": "the period is 100 ms on a swarm", "mem_reservation": limit, "pids_limit": limit,
        "scale": "write deploy: { replicas: … }", "profiles": "a swarm deploys every service of the file",
        "platform": "write deploy: { placement: { constraints: [node.platform.arch == …] } }",
    ]

    private static let known: Set = [
        "cap_add", "cap_drop", "command", "configs", "credential_spec", "depends_on", "deploy", "dns", "dns_search",
        "entrypoint", "env_file", "environment", "extra_hosts", "healthcheck", "hostname", "image", "init",
        "isolation", "labels", "logging", "networks", "ports", "read_only", "secrets", "stdin_open",
        "stop_grace_period", "stop_signal", "sysctls", "tmpfs", "tty", "ulimits", "user", "volumes", "working_dir",
    ]
}

extension Node.Mapping {
    /// With those of `<<`, which a mapping's own hide.
    fileprivate var entries: [(Node, Node)] {
        var entries: [(Node, Node)] = []
        var merged: [(Node, Node)] = []
        for (key, value) in self {
            guard key.string == "<<" else {
                entries.append((key, value))
                continue
            }
            for source in value.sequence.map(Array.init) ?? [value] { merged += source.mapping?.entries ?? [] }
        }
        let own = Set(entries.map { $0.0.string })
        return entries + merged.filter { !own.contains($0.0.string) }
    }

    fileprivate func value(_ name: String) -> Node? { entries.first { $0.0.string == name }?.1 }
}

extension YamlError {
    fileprivate var line: Int {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: 1
        }
    }
}
