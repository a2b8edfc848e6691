import Foundation
import Model

/// The local stack while it is up.
struct RunningLocalStack: RunningStack {
    let members: [(service: Service, component: Component)]
    let entrance: Int
    let prometheusPort: Int
    let dataset: DatasetFacts
    let deployed: [DeployedFile]
    let notes: [String]
    let services: LocalServices
    let databases: Databases

    var endpoint: Endpoint { Endpoint(host: LocalServices.host, port: entrance) }
    var prometheus: String? { "http://\(LocalServices.host):\(prometheusPort)" }
    var components: [Component] { members.map(\.component) }

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

    func casualties() -> [Casualty] {
        members.compactMap { member in
            member.service.ending.map {
                let log = member.service.lastLines()
                return Casualty(
                    component: member.component.name,
                    story: "\(member.component.name) \($0)" + (log.isEmpty ? "" : "; its last words:\n\(log)"))
            }
        }
    }

    func restoreDataset() async throws {
        await waitUntilIdle()
        _ = try await services.loadDataset(databases)
    }

    /// After an overload the store still works on what its clients have given up. That belongs to the step before, so the
    /// next one waits for it, at most 10 s.
    private func waitUntilIdle() async {
        let ports = components.filter { $0.role == .store }.compactMap(\.port)
        for _ in 0..<100 {
            var pages: [String?] = []
            for port in ports { pages.append(await Probe.page("/metrics", port: port)) }
            if pages.allSatisfy({ Self.isIdle($0) }) { return }
            guard (try? await Task.sleep(for: .milliseconds(100))) != nil else { return }
        }
    }

    /// The request for the page itself is in flight too.
    private static func isIdle(_ metrics: String?) -> Bool {
        let name = "http_requests_in_flight "
        guard let line = metrics?.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return false }
        return (Double(line.dropFirst(name.count)) ?? .infinity) <= 1
    }

    func countOrders() async -> Int? {
        let output = try? await services.run(services.storeCommand(["count-orders"], databases: databases))
        return output.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}
