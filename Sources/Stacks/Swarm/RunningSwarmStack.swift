import Foundation
import Model

/// A stack while it is up on a swarm.
struct RunningSwarmStack: RunningStack {
    struct Member: Sendable {
        var task: SwarmTask
        var component: Component
        /// nil where its control group is another machine's.
        var usage: ContainerUsage?
        var group: String?
    }

    let cluster: SwarmCluster
    let plan: SwarmPlan
    let watch: SwarmWatch
    let members: [Member]
    let tools: SwarmTools
    let entrance: HostAndPort
    let prometheusPlace: HostAndPort
    let dataset: DatasetFacts?
    /// Of parts whose processes are another machine's.
    let remote: SwarmUsage
    let agents: SwarmAgents
    let injector: StackFaults

    var endpoint: Endpoint { Endpoint(host: entrance.host, port: entrance.port) }
    var prometheus: String? { "http://\(prometheusPlace.host):\(prometheusPlace.port)" }
    var components: [Component] { members.map(\.component) }
    var deployed: [DeployedFile] { plan.deployed }

    func usage() -> [String: ComponentUsage] {
        let told = remote.current
        return members.reduce(into: [:]) { usage, member in
            usage[member.component.name] =
                member.usage.map { $0.read() } ?? member.task.status.container?.id.flatMap { told[$0] }
        }
    }

    func watch(_ board: SignalBoard) async {
        let groups = members.compactMap { member in
            member.component.cpuLimit == nil ? nil : member.group.map { (member.component.name, $0) }
        }
        var parts = StackWatch(
            databases: tools.engine.command(["logs", "--follow", "--since", "0s", tools.container]),
            lines: DatabaseLines(database: "mysql", cache: "redis"),
            groups: Dictionary(groups) { first, _ in first })
        if let nginx = member("nginx") {
            let configuration = deployed.first { $0.name == "nginx.conf" }?.text ?? ""
            parts.balancer = (name: "nginx", place: entrance, configuration: configuration)
            if let engine = cluster.engines.engine(of: nginx.task.node), let id = nginx.task.status.container?.id {
                parts.errorLog = .program(
                    Command(
                        "/bin/sh",
                        ["-c", "exec \"$0\" logs --follow --since 0s \"$1\" 2>&1", engine.executable, id],
                        environment: engine.environment))
            }
        }
        await parts.run(board)
    }

    private func member(_ part: String) -> Member? { members.first { $0.component.name == part } }

    /// The logs of nodes whose engines are reached.
    func signs(in window: LoadWindow) async -> SignRecord {
        var record = SignRecord()
        for (node, engine) in cluster.engines.all.sorted(by: { $0.key < $1.key }) {
            let own = members.filter { $0.task.node == node && $0.component.role != .prometheus }
                .compactMap { member in member.task.status.container?.id.map { ($0, member.component.name) } }
            guard !own.isEmpty else { continue }
            let part = await ContainerSigns(docker: engine, components: own).read(window)
            record.series += part.series
            record.read += part.read
            record.cut += part.cut
        }
        record.series += ContainerEvent.series(watch.events, in: window)
        return record
    }

    func endedParts() -> [EndedPart] { watch.endedParts }

    var faults: (any FaultInjector)? { injector }

    func restoreDataset() async throws {
        _ = try await tools.answer(plan.loadDataset, within: .seconds(300))
    }

    func countOrders() async -> Int? {
        let output = try? await tools.answer(["count-orders"], within: .seconds(30))
        return output.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    func keepPrometheus(in folder: String) async throws {
        guard let task = member("prometheus")?.task, let id = task.status.container?.id,
            let engine = cluster.engines.engine(of: task.node)
        else { throw Problem(.measurement, "the container prometheus is gone") }
        let limit = PrometheusData.timeToEnd.components.seconds
        _ = try await engine.answer(["stop", "--time", "\(limit)", id], within: .seconds(limit + 20))
        let copy = folder + ".copy"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        _ = try await engine.answer(["cp", "\(id):/prometheus", copy], within: .seconds(120))
        try PrometheusData.copy(copy, to: folder)
    }

    var notes: [String] { plan.notes(entrance: entrance, unmeasured: unmeasured) }

    func finalNotes() async -> [String] {
        let nodes = agents.started.sorted().joined(separator: ", ")
        return nodes.isEmpty ? [] : ["Agents on these nodes of the swarm generated load: \(nodes)."]
    }

    /// Nodes with parts of which neither CPU nor memory is seen.
    private var unmeasured: [String] {
        Set(
            members.filter { $0.usage == nil && cluster.engines.engine(of: $0.task.node) == nil }
                .compactMap(\.component.node)
        ).sorted()
    }
}
