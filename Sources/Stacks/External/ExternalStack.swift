import Foundation
package import Model

/// Something that runs already, at an address. Nothing is started, and nothing is known of its inside but what a
/// Prometheus says that its owner names.
package struct ExternalStack: Stack {
    package let kind = "url"
    private let target: RunningService

    /// - Parameter allowedHosts: hosts other than this machine that the user has confirmed by name.
    /// - Throws: `Problem` (usage) for an address that is none, or a host that was not confirmed.
    package init(_ target: RunningService, allowedHosts: [String]) throws {
        self.target = target
        let endpoint = try Self.endpoint(target.url, trust: target.trust)
        guard ThisMachine.isNamed(by: endpoint.host) || allowedHosts.contains(endpoint.host) else {
            throw Problem(
                .usage, "\(target.url) is not this machine; a load test of a system that is not yours is an attack",
                nextStep: "If you are allowed to load it, add --allow-host \(endpoint.host).")
        }
        for host in [
            target.connectTo.flatMap(HostAndPort.init)?.host, target.proxy.flatMap(ForwardProxy.init)?.address.host,
        ] {
            guard let host, !ThisMachine.isNamed(by: host), !allowedHosts.contains(host) else { continue }
            throw Problem(
                .usage, "connections would go to \(host), which is not this machine",
                nextStep: "If you are allowed to load it, add --allow-host \(host).")
        }
    }

    /// With what the definition says of the way there.
    private func endpoint() throws -> Endpoint {
        var endpoint = try Self.endpoint(target.url, trust: target.trust)
        endpoint.identity = target.identity
        endpoint.shortcut = target.connectTo.flatMap(HostAndPort.init)
        endpoint.proxy = target.proxy.flatMap(ForwardProxy.init)
        return endpoint
    }

    /// `http://HOST[:PORT]` or `https://HOST[:PORT]`, with nothing after it: the tasks name the paths.
    package static func endpoint(_ text: String, trust: CertificateTrust = .system) throws -> Endpoint {
        guard let url = URL(string: text), url.scheme == "http" || url.scheme == "https", let named = url.host(),
            !named.isEmpty,
            ["", "/"].contains(url.path()), url.query() == nil
        else {
            throw Problem(
                .usage, "\"\(text)\" is not a URL that can be loaded",
                nextStep: "Write http://HOST:PORT or https://HOST:PORT; the tasks of the experiment name the paths.")
        }
        let host = named.trimmingCharacters(in: ["[", "]"])
        let isSecure = url.scheme == "https"
        return Endpoint(host: host, port: url.port ?? (isSecure ? 443 : 80), trust: isSecure ? trust : nil)
    }

    package func withRunning<Answer: Sendable>(
        _ request: StackRequest, _ body: @Sendable (any RunningStack) async throws -> Answer
    ) async throws -> Answer {
        var endpoint = try endpoint()
        var processes: ListeningProcesses?
        // What stands behind a proxy is the proxy's to reach.
        let place = endpoint.shortcut ?? HostAndPort(host: endpoint.host, port: endpoint.port)
        if endpoint.proxy == nil, ThisMachine.isNamed(by: place.host) {
            guard let address = await Probe.listening(host: place.host, port: place.port) else {
                throw Problem(.measurement, "nothing answers at \(target.url)", nextStep: "Start it, then run again.")
            }
            // A name of this machine has several addresses, and the server may listen at one of them only.
            if address != endpoint.host { endpoint.shortcut = HostAndPort(host: address, port: place.port) }
            processes = ListeningProcesses(addresses: [address], port: place.port)
        }
        return try await body(
            RunningExternalStack(endpoint: endpoint, prometheus: target.prometheus, processes: processes))
    }
}

/// A stack of which its address is known, and its processes where they are this machine's and may be seen.
package struct RunningExternalStack: RunningStack {
    package let endpoint: Endpoint
    package let prometheus: String?

    private let processes: ListeningProcesses?

    package init(endpoint: Endpoint, prometheus: String?, processes: ListeningProcesses? = nil) {
        self.endpoint = endpoint
        self.prometheus = prometheus
        self.processes = processes
    }

    package var showsBacklog: Bool { false }
    package var components: [Component] {
        processes.map { [Component(name: $0.name, role: .other, version: nil, address: endpoint.authority)] } ?? []
    }
    package var dataset: DatasetFacts? { nil }
    package var deployed: [DeployedFile] { [] }
    package var notes: [String] {
        [
            processes.map {
                "The application was already running: StoreLab sees the CPU use of the processes that listen at its address "
                    + "(\($0.name)) and of those that they started, but no other part of it, and cannot restore its data."
            }
                ?? "The application was already running: StoreLab cannot see its parts and their CPU use, nor restore its data."
        ]
            + (prometheus == nil
                ? ["The definition names no Prometheus, so what it would have answered is not measured."] : [])
    }

    package func usage() -> [String: ComponentUsage] { processes.map { [$0.name: $0.read()] } ?? [:] }
    package func endedParts() -> [EndedPart] { [] }
    package func restoreDataset() async throws {}
    package var restoresData: Bool { false }
    package func countOrders() async -> Int? { nil }
}
