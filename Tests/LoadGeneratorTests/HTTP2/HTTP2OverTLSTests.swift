import LoadGenerator
import Model
import TestSupport
import Testing

/// Loads over HTTP/2 against a real server.
@Suite(
    .timed, .onServers, .enabled(if: SecureServer.isInstalled, "nginx or openssl is not installed"),
    .timeLimit(.minutes(5)))
struct HTTP2OverTLSTests {
    private func load(_ path: String = "/", streams: Int, connections: ConnectionUse = .keepAlive) -> LoadDefinition {
        let task = LoadTask(name: "t", weight: 1, method: .get, path: path, expect: .init(jsonKind: .list))
        return LoadDefinition(
            tasks: [task], thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]), connections: connections,
            streams: streams)
    }

    private func run(_ load: LoadDefinition, _ target: Endpoint) async throws -> (Totals, [FailureExample]) {
        let generator = try LoadGenerator(endpoint: target, load: load, options: .init(threads: 2))
        let failures = await generator.preflight().compactMap(\.failure)
        let samples = generator.start()
        generator.setUsers(70, ratePerSecond: .infinity)
        var totals = Totals()
        for await sample in samples {
            totals.samples.append(sample)
            if totals.succeeded + totals.failed >= 100 || totals.samples.count == 3 {
                totals.report = await generator.stop()
            }
        }
        totals.examples = generator.failureExamples
        totals.expectConsistent()
        return (totals, failures)
    }

    @Test(arguments: ["/", "/large"], [1, 32])
    func aRealServerIsLoaded(path: String, streams: Int) async throws {
        try await SecureServer.with { server in
            let targets = [
                Endpoint(host: "localhost", port: server.http2Port, trust: .file(server.certificate)),
                Endpoint(host: "127.0.0.1", port: server.plainHTTP2Port),
            ]
            for target in targets {
                let (totals, preflight) = try await run(load(path, streams: streams), target)
                #expect(preflight.map(\.detail) == [] && totals.failures == [:] && totals.succeeded > 0)
                // Two threads have 35 users each.
                let connections = totals.samples.compactMap { $0.generator?.connections }.max() ?? 0
                #expect(connections <= (streams == 1 ? 70 : 4))
            }
        }
    }

    @Test func eachRequestMayHaveAConnectionOfItsOwn() async throws {
        try await SecureServer.with { server in
            let target = Endpoint(host: "localhost", port: server.http2Port, trust: .any)
            let (totals, _) = try await run(load(streams: 1, connections: .perRequest), target)
            #expect(totals.failures == [:] && totals.succeeded > 0)
        }
    }

    /// It ends each connection after some requests.
    @Test func aServerThatGoesAwayNowAndThenLosesNothing() async throws {
        try await SecureServer.with { server in
            let target = Endpoint(host: "127.0.0.1", port: server.briefHTTP2Port)
            let (totals, _) = try await run(load(streams: 32), target)
            #expect(totals.failures == [:] && totals.succeeded > 0)
        }
    }

    @Test func aServerWithoutHTTP2IsAPlainFailure() async throws {
        try await SecureServer.with { server in
            let target = Endpoint(host: "localhost", port: server.port, trust: .any)
            let (totals, preflight) = try await run(load(streams: 4), target)
            let words = "the server does not offer HTTP/2 on this port (ALPN without h2); load it over HTTP/1.1"
            #expect(preflight.map(\.kind) == [.tls] && preflight.map(\.detail) == [words])
            #expect(totals.failures == [.tls: totals.started] && totals.examples.first?.detail == words)
        }
    }
}
