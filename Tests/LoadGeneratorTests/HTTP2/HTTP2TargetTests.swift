import Foundation
import LoadGenerator
import Model
import TestSupport
import TestTarget
import Testing

/// Loads over HTTP/2 against the server of known behaviour.
@Suite(.timed, .timeLimit(.minutes(5))) struct HTTP2TargetTests {
    private func load(_ paths: [(String, status: Int)]) -> LoadDefinition {
        let tasks = paths.enumerated().map { number, path in
            LoadTask(
                name: "t\(number)", weight: 1, method: .get, path: path.0, expect: Check(status: path.status))
        }
        return LoadDefinition(
            tasks: tasks, thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]), streams: 10)
    }

    @Test func eachRequestIsAnsweredAsItsPathSays() async throws {
        try await TargetServer.with { (server, port) async throws in
            let load = load([
                ("/ok", 200), ("/status?code=503", 503), ("/large?bytes=100000", 200), ("/gzip", 200),
                ("/unknown", 404),
                ("/fixed?ms=1", 200), ("/chunked", 501), ("/informational", 501), ("/wrong-length?by=3", 501),
            ])
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load)
            let failures = await generator.preflight().compactMap { $0.failure?.detail }
            _ = await generator.stop()
            #expect(failures == [])
            #expect(server.requestCount == 9)
        }
    }

    /// Ten streams of one connection, each answered in its own time; the server tells of each how long it held it.
    @Test func itTellsHowLongAnswersWereHeld() async throws {
        try await TargetServer.with { (server, port) async throws in
            let totals = try await Totals.of(load([("/uniform?from=1&to=5", 200)]), port: port, users: 10) { _ in
                for _ in 0..<6000 where server.requestCount < 500 { try? await Task.sleep(for: .milliseconds(10)) }
                return []
            }
            totals.expectConsistent()
            #expect(totals.failures == [:] && totals.succeeded >= 500)
            #expect(server.held.hasPrefix("{\"/uniform?from=1&to=5\":{\"requests\":\(totals.succeeded),"))
            let seen = try #require(totals.latencies.percentile(100))
            #expect(seen >= 0.001)
        }
    }
}
