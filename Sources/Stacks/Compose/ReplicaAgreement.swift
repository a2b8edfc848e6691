import Model

/// Docker's name service, Nginx and Prometheus must see as many replicas as were started. An upstream's names are
/// resolved once, and a scrape of one name for all replicas reaches one by chance: figures of either would be wrong.
package struct ReplicaAgreement: Sendable {
    let docker: Docker
    let plan: ComposePlan
    /// Published port.
    let prometheus: Int?

    package struct Counts: Sendable, Equatable {
        package var started: Int
        package var dns: Int?
        package var nginx: Int?
        package var prometheus: Int?

        package init(started: Int, dns: Int? = nil, nginx: Int? = nil, prometheus: Int? = nil) {
            self.started = started
            self.dns = dns
            self.nginx = nginx
            self.prometheus = prometheus
        }

        package var agree: Bool { [dns, nginx, prometheus].allSatisfy { $0 == nil || $0 == started } }

        package var told: String {
            let parts = [("DNS", dns), ("Nginx", nginx), ("Prometheus", prometheus)]
                .compactMap { name, count in count.map { "\($0) in \(name)" } }
            return "\(started) started" + (parts.isEmpty ? "" : ", \(parts.joined(separator: ", "))")
        }
    }

    /// - Returns: a note for the record.
    /// - Throws: `Problem` when they differ.
    func check(started: Int, _ containers: [Container]) async throws -> [String] {
        var counts = Counts(started: started)
        if let name = plan.balancer, let nginx = containers.first(where: { $0.service == name }) {
            let addresses = try await docker.run(["exec", nginx.id, "getent", "ahosts", plan.service])
            counts.dns = addresses.succeeded ? Self.addresses(in: addresses.text) : nil
            let configuration = try await docker.answer(["exec", nginx.id, "nginx", "-T"])
            counts.nginx =
                Self.servers(in: configuration, port: plan.port)
                + (plan.proxy?.listeners ?? []).filter { plan.isReplica($0.part) && $0.port != plan.port }
                .reduce(0) { $0 + Self.servers(in: configuration, port: $1.port) }
        }
        if let prometheus {
            counts.prometheus = try await PrometheusTargets(
                place: HostAndPort(host: "127.0.0.1", port: prometheus), demandsMetrics: plan.demandsMetrics
            ).up(of: started)
        }
        if !plan.demandsMetrics, counts.prometheus == 0 {
            // It may have been looked at before it listened; what was seen of it stands in the record after the load.
            counts.prometheus = nil
            return ["Replicas of \(plan.service): \(counts.told)."]
        }
        guard counts.agree else {
            throw Problem(
                .measurement, "the replicas of \(plan.service) do not agree: \(counts.told)",
                nextStep: "Figures per replica would be wrong. See the logs of the balancer and of Prometheus.")
        }
        return ["Replicas of \(plan.service): \(counts.told)."]
    }

    /// Distinct addresses in what `getent ahosts` says.
    package static func addresses(in text: String) -> Int {
        Set(text.split(separator: "\n").compactMap { $0.split(separator: " ").first }).count
    }

    /// Lines `server NAME:PORT …;` in what `nginx -T` says.
    package static func servers(in text: String, port: Int) -> Int {
        var count = 0
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count > 1, words[0] == "server" else { continue }
            let address = words[1].hasSuffix(";") ? words[1].dropLast() : words[1]
            if address.hasSuffix(":\(port)") { count += 1 }
        }
        return count
    }
}
