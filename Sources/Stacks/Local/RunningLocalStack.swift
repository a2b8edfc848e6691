import Foundation
import Model

/// The local stack while it is up.
struct RunningLocalStack: RunningStack {
    let members: [(service: Service, component: Component)]
    let endpoint: Endpoint
    let prometheusPort: Int
    let dataset: DatasetFacts?
    let deployed: [DeployedFile]
    let services: LocalServices
    let databases: Databases
    let logs: LogGrowth
    let injector: StackFaults
    /// nil where none stands between the parts.
    let proxy: ProxyLink?

    var prometheus: String? { "http://\(LocalServices.host):\(prometheusPort)" }
    var components: [Component] { members.map(\.component) }
    var dataFolder: String? { services.folder }
    var faults: (any FaultInjector)? { injector }
    var notes: [String] { proxy.map { [ProxyLink.note(Array($0.parts))] } ?? [] }

    /// Sums each service's whole process group, so that Nginx's workers count.
    func usage() -> [String: ComponentUsage] {
        let names = Dictionary(members.compactMap { member in member.service.pid.map { ($0, member.component.name) } })
        { first, _ in first }
        var usage: [String: ComponentUsage] = [:]
        for entry in ProcessTable.pids.compactMap(ProcessTable.entry) {
            guard let name = names[entry.group] else { continue }
            usage[name, default: ComponentUsage(cpuSeconds: 0, memory: 0)].cpuSeconds +=
                Double(entry.ticks) / ProcessTable.ticksPerSecond
            usage[name]?.memory += entry.pages * ProcessTable.pageSize
        }
        return usage
    }

    func watch(_ board: SignalBoard) async {
        async let growth: Void = logs.watch()
        await watched.run(board)
        await growth
    }

    func signs(in window: LoadWindow) async -> SignRecord { logs.signs(in: window) }

    private var watched: StackWatch {
        let balancer = components.first { $0.role == .balancer }
        let configuration = deployed.first { $0.name == "nginx.conf" }?.text ?? ""
        let groups = members.compactMap { member in
            member.service.definition.cpuGroup.flatMap { group in
                member.component.cpuLimit?.enforced == true ? (member.component.name, group.path) : nil
            }
        }
        return StackWatch(
            databases: services.storeCommand(["watch"], databases: databases),
            lines: DatabaseLines(database: "mariadb", cache: "redis"),
            balancer: balancer.map {
                (
                    name: $0.name, place: HostAndPort(host: "127.0.0.1", port: $0.port ?? endpoint.port),
                    configuration: configuration
                )
            },
            errorLog: .file(services.log("nginx")), groups: Dictionary(groups) { first, _ in first })
    }

    func endedParts() -> [EndedPart] {
        members.compactMap { member in
            member.service.loss.map {
                let log = member.service.lastLines()
                return EndedPart(
                    component: member.component.name,
                    story: "\(member.component.name) \($0)" + (log.isEmpty ? "" : "; its last log lines:\n\(log)"))
            }
        }
    }

    func finalNotes() async -> [String] { await proxy?.finalNotes() ?? [] }

    func keepPrometheus(in folder: String) async throws {
        guard let service = members.first(where: { $0.component.role == .prometheus })?.service, let pid = service.pid
        else { throw Problem(.measurement, "it has ended before") }
        kill(pid, SIGTERM)
        let deadline = ContinuousClock.now + PrometheusData.timeToEnd
        while service.ending == nil {
            guard ContinuousClock.now < deadline else { throw PrometheusData.doesNotEnd }
            try await Task.sleep(for: .milliseconds(10))
        }
        try PrometheusData.copy(services.prometheusData, to: folder)
    }

    func restoreDataset() async throws { _ = try await services.loadDataset(databases) }

    func countOrders() async -> Int? {
        let output = try? await services.run(services.storeCommand(["count-orders"], databases: databases))
        return output.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}
