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
    }

    /// `http://HOST[:PORT]` or `https://HOST[:PORT]`, with nothing after it: the tasks name the paths.
    static func endpoint(_ text: String, trust: CertificateTrust = .system) throws -> Endpoint {
        guard let url = URL(string: text), url.scheme == "http" || url.scheme == "https", let host = url.host(),
            !host.isEmpty,
            ["", "/"].contains(url.path()), url.query() == nil
        else {
            throw Problem(
                .usage, "\"\(text)\" is not a URL that can be loaded",
                nextStep: "Write http://HOST:PORT or https://HOST:PORT; the tasks of the experiment name the paths.")
        }
        // A certificate is for a name.
        if url.scheme == "https" { return Endpoint(host: host, port: url.port ?? 443, trust: trust) }
        return Endpoint(host: host == "localhost" ? "127.0.0.1" : host, port: url.port ?? 80)
    }

    package func withRunning<Answer: Sendable>(
        _ request: StackRequest, _ body: @Sendable (any RunningStack) async throws -> Answer
    ) async throws -> Answer {
        let endpoint = try Self.endpoint(target.url, trust: target.trust)
        if ThisMachine.isNamed(by: endpoint.host) {
            guard await Probe.anything.succeeds(port: endpoint.port) else {
                throw Problem(.measurement, "nothing answers at \(target.url)", nextStep: "Start it, then run again.")
            }
        }
        return try await body(RunningExternalStack(endpoint: endpoint, prometheus: target.prometheus))
    }
}

/// A stack of which nothing but its address is known.
package struct RunningExternalStack: RunningStack {
    package let endpoint: Endpoint
    package let prometheus: String?

    package init(endpoint: Endpoint, prometheus: String?) {
        self.endpoint = endpoint
        self.prometheus = prometheus
    }

    package var showsBacklog: Bool { false }
    package var components: [Component] { [] }
    package var dataset: DatasetFacts? { nil }
    package var deployed: [DeployedFile] { [] }
    package var notes: [String] {
        ["The application was already running: StoreLab cannot see its parts and their CPU use, nor restore its data."]
            + (prometheus == nil
                ? ["The definition names no Prometheus, so what it would have answered is not measured."] : [])
    }

    package func usage() -> [String: ComponentUsage] { [:] }
    package func casualties() -> [Casualty] { [] }
    package func restoreDataset() async throws {}
    package func countOrders() async -> Int? { nil }
}
