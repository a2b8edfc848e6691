import Analysis
import Model

/// Where the run took place, and what its figures do not say.
extension Writer {
    func hostLine() throws -> String {
        let host = run.manifest.host
        let values = [
            "processor": Markdown.inline(host.processor), "cores": numbers.integer(host.cores),
            "memory": memory(host.memory),
        ]
        return try words("hostLine", values.merging(many(Double(host.cores))) { $1 })
    }

    func environment() throws -> View {
        let manifest = run.manifest
        let host = manifest.host
        var rows: [(String, String)] = [
            (try words("envRun"), Markdown.code(manifest.id)),
            (try words("envBegan"), Numbers.date(manifest.began)),
            (try words("envVersion"), Markdown.inline(manifest.version)),
            (try words("envCommit"), try manifest.commit.map(Markdown.code) ?? words("notRecorded")),
            (try words("envSystem"), Markdown.inline(host.system)),
            (try words("envKernel"), Markdown.inline(host.kernel)),
            (try words("envProcessor"), Markdown.inline(host.processor)),
            (try words("envCores"), numbers.integer(host.cores)),
            (try words("envMemory"), memory(host.memory)),
            (try words("envOpenFiles"), numbers.integer(host.openFiles)),
        ]
        let kinds = distinct(studies.joined().map(\.measurement.stackKind).filter { $0 != "unknown" })
        let stacks = try kinds.map { words.has("stack_\($0)") ? try words("stack_\($0)") : Markdown.inline($0) }
        rows.append((try words("envStack"), stacks.joined(separator: ", ")))
        if let choice = manifest.stackChoice {
            rows.append((try words("envStackChoice"), Markdown.inline(try recorded(choice))))
        }
        rows += try connections()
        rows += try agents()
        rows += try versions()
        return [
            "rows": rows.map { ["name": $0.0, "value": $0.1.isEmpty ? "–" : $0.1] },
            "origin": source("manifest.json"),
        ]
    }

    /// Over what the loads went: one sentence for each kind of connection.
    private func connections() throws -> [(String, String)] {
        var kinds: [(streams: Int?, use: ConnectionUse, most: Int, opened: Int?, requests: Int, compressed: Int)] = []
        for (recorded, studies) in zip(run.experiments, studies) {
            let load = recorded.experiment.load
            let seconds = studies.flatMap(\.recorded.samples)
            let most = seconds.compactMap { $0.generator?.connections }.max() ?? 0
            let compressed = seconds.flatMap(\.tasks).reduce(0) { $0 + ($1.compressed?.answers ?? 0) }
            let counts = seconds.compactMap { $0.generator?.opened }
            let opened = counts.isEmpty ? nil : counts.reduce(0, +)
            let requests = seconds.flatMap(\.tasks).reduce(0) { $0 + $1.started }
            guard most > 0 || (opened ?? 0) > 0 else { continue }
            if let same = kinds.firstIndex(where: { $0.streams == load.streams && $0.use == load.connections }) {
                kinds[same].most = max(kinds[same].most, most)
                kinds[same].opened = kinds[same].opened.flatMap { sum in opened.map { sum + $0 } }
                kinds[same].requests += requests
                kinds[same].compressed += compressed
            } else {
                kinds.append((load.streams, load.connections, most, opened, requests, compressed))
            }
        }
        return try kinds.map { kind in
            let use =
                if let streams = kind.streams {
                    try words("connectionsShared", ["count": numbers.integer(streams)])
                } else {
                    try words(kind.use == .keepAlive ? "connectionsKept" : "connectionsNew")
                }
            let bodies =
                kind.compressed > 0
                ? try words("answersCompressed", ["count": numbers.integer(kind.compressed)])
                : try words("answersPlain")
            var values = [
                "version": kind.streams == nil ? "1.1" : "2", "count": numbers.integer(kind.most), "use": use,
                "bodies": bodies, "requests": numbers.integer(kind.requests),
            ]
            values["opened"] = kind.opened.map(numbers.integer)
            return (try words("envConnections"), try words("connectionsOfLoad", values))
        }
    }

    /// One row per agent that generated load: its machine, how exactly its clock is known, how busy it was, and its loss.
    private func agents() throws -> [(String, String)] {
        let reports = studies.joined().flatMap { $0.measurement.generator?.agents ?? [] }
        return try distinct(reports.map(\.name)).map { name in
            let own = reports.filter { $0.name == name }
            var parts: [String] = []
            if let machine = own.last?.machine {
                let values = [
                    "host": Markdown.inline(machine.host), "architecture": Markdown.inline(machine.architecture),
                    "kernel": Markdown.inline(machine.kernel), "cores": numbers.integer(machine.cores),
                ]
                parts.append(try words("agentMachine", values.merging(many(Double(machine.cores))) { $1 }))
                if let files = machine.openFiles {
                    parts.append(try words("agentFiles", ["count": numbers.integer(files)]))
                }
                if let ports = machine.ports {
                    parts.append(try words("agentPorts", ["count": numbers.integer(ports.count)]))
                }
            }
            if let bound = own.map(\.clockBound).max(), bound.isFinite {
                parts.append(try words("agentClock", ["bound": numbers.latency(bound)]))
            }
            if let peak = own.compactMap(\.peakThreadCPU).max() {
                parts.append(try words("agentPeak", ["share": numbers.percent(peak)]))
            }
            for loss in own.compactMap(\.loss) {
                parts.append(try words("agentLoss_\(loss.cause.rawValue)", ["second": numbers.integer(loss.second)]))
            }
            return (try words("envAgent", ["agent": Markdown.inline(name)]), parts.joined(separator: separator))
        }
    }

    /// One row per program: the replicas of the store, or of somebody's service, are one.
    private func versions() throws -> [(String, String)] {
        var names: [String] = []
        var versions: [String: [String]] = [:]
        let components = studies.joined().flatMap { study in study.measurement.components.map { (study, $0) } }
        for (study, component) in components {
            let name = component.role == .store ? study.service ?? "store" : component.name
            if versions[name] == nil { names.append(name) }
            versions[name, default: []].append(
                try component.image.map(imageText) ?? component.version.map(Markdown.inline) ?? words("notRecorded"))
        }
        return names.map { (Markdown.inline($0), distinct(versions[$0] ?? []).joined(separator: ", ")) }
    }

    /// MariaDB stood in for the store's MySQL.
    var isOnMariaDB: Bool {
        studies.joined().contains { study in
            study.subject == .store
                && study.measurement.components.contains { $0.role == .database && $0.name == "mariadb" }
        }
    }

    /// What bounds the validity of the results.
    func validity() throws -> [String] {
        var names = run.manifest.quick ? ["validityQuick"] : []
        let measurements = studies.joined().map(\.measurement)
        names += sharedMachine()
        names.append(run.manifest.repeats ?? 1 > 1 ? "validityRepeated" : "validitySingle")
        if run.experiments.contains(where: { !$0.experiment.load.shape.isOpen }) { names.append("validitySearch") }
        if measurements.contains(where: { $0.components.contains { $0.cpuLimit?.enforced == false } }) {
            names.append("validityNotEnforced")
        }
        if studies.joined().contains(where: { $0.policy?.policy == .ipHash }) { names.append("validityIPHash") }
        if studies.joined().contains(where: { $0.answer?.generatorLimited == true }) {
            names.append("validityGenerator")
        }
        if isOnMariaDB {
            names.append("validityMariaDB")
        }
        let (judged, valid) = verdictCounts()
        let counts = ["judged": numbers.integer(judged), "valid": numbers.integer(valid)]
        return try (judged > 0 ? [words("validityVerdicts", counts)] : []) + names.map { try words($0) }
    }

    /// How the numbers were made: what holds for all sections is said once.
    func method() throws -> [String] {
        var needed: [String: String] = [:]
        for metric in CriterionMetric.allCases {
            let criterion = Criterion(metric: metric, threshold: 0, window: 0, text: "")
            needed[metric.rawValue] = numbers.integer(criterion.neededRequests)
        }
        let isClosed = run.experiments.contains { !$0.experiment.load.shape.isOpen }
        if isClosed { needed["closed"] = "" }
        let compares = run.experiments.contains { !$0.experiment.comparesWith.isEmpty }
        let names =
            [
                "validityLatency", "validityMinimum", "validMeaning", "causeMethod",
                "timeNote",
            ]
            + (isClosed ? ["lawsResponse"] : []) + (compares ? ["comparisonNote"] : [])
        return try names.map { try words($0, needed) }
    }

    /// What shared the generator's machine.
    private func sharedMachine() -> [String] {
        let measured = studies.joined()
        var names: [String] = []
        if measured.contains(where: { $0.measurement.stackKind == "local" }) { names.append("validityShared") }
        if measured.contains(where: { $0.measurement.stackKind == "compose" }) {
            names.append("validitySharedContainers")
        }
        let swarm = measured.filter { $0.measurement.stackKind == "swarm" }
        if swarm.contains(where: { $0.measurement.generator?.agents == nil }) { names.append("validitySwarm") }
        if swarm.contains(where: { $0.measurement.generator?.agents != nil }) { names.append("validitySwarmAgents") }
        let addresses = measured.compactMap { study -> String? in
            guard case .running(let service) = study.subject else { return nil }
            return service.url
        }
        if addresses.contains(where: Self.isLoopback) { names.append("validityRunningHere") }
        if addresses.contains(where: { !Self.isLoopback($0) }) { names.append("validityRunningElsewhere") }
        return names.isEmpty ? ["validitySharedUnknown"] : names
    }

    /// Whether an address is one of the machine itself, by its text.
    private static func isLoopback(_ url: String) -> Bool {
        let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
        return ["localhost", "127.", "[::1]"].contains(where: rest.hasPrefix)
    }

    func unreadable(of run: RecordedRun) throws -> [String] {
        guard !run.unreadable.isEmpty else { return [] }
        let names = run.unreadable.map { Markdown.code($0) }.joined(separator: ", ")
        return [try words("recordUnreadable", ["experiments": names])]
    }

    /// What the record should hold and does not, or not in a form that can be read.
    func missing(_ faults: [String]) throws -> [String] {
        guard !faults.isEmpty else { return [] }
        let shown = faults.prefix(20).map { Markdown.code($0) }.joined(separator: ", ")
        return [
            try words(
                "recordIncomplete",
                ["places": shown + (faults.count > 20 ? ", …" : ""), "count": numbers.integer(faults.count)])
        ]
    }

    private func memory(_ bytes: Int) -> String {
        numbers.gibibytes(bytes, unit: language.habits.gibibytes)
    }

    private func distinct(_ texts: [String]) -> [String] {
        texts.reduce(into: []) { list, text in if !list.contains(text) { list.append(text) } }
    }
}
