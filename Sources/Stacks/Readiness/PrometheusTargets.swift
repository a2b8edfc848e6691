import Foundation
import FoundationNetworking
import Model

/// The replicas that a Prometheus of ours looks at.
struct PrometheusTargets: Sendable {
    let place: HostAndPort
    /// Each replica of the store is a target that must be up. Somebody's own service may have no metrics.
    let demandsMetrics: Bool

    /// Those that are up, once there are as many as expected. Prometheus looks at them for the first time some seconds after its start.
    func up(of expected: Int) async throws -> Int {
        struct Answer: Decodable {
            struct Contents: Decodable {
                struct Target: Decodable {
                    var health: String
                    var labels: [String: String]
                }

                var activeTargets: [Target]
            }

            var data: Contents
        }
        guard let url = URL(string: "http://\(place.host):\(place.port)/api/v1/targets?state=active") else { return 0 }
        let deadline = ContinuousClock.now + .seconds(20)
        let request = URLRequest(url: url, timeoutInterval: 2)
        var up = 0
        while ContinuousClock.now < deadline {
            // In a task of its own, which nobody cancels: URLSession may then wait for ever.
            let asking = Task { try await URLSession.shared.data(for: request) }
            if let (data, _) = try? await asking.value,
                let answer = try? JSONDecoder().decode(Answer.self, from: data)
            {
                let targets = answer.data.activeTargets.filter { $0.labels["job"] == "store" }
                up = targets.filter { $0.health == "up" }.count
                if up == expected && targets.count == expected { return up }
                if !demandsMetrics, targets.count == expected, targets.allSatisfy({ $0.health == "down" }) {
                    return 0
                }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        return up
    }
}
