import Foundation
import FoundationNetworking
import Model
import Prometheus
import TestSupport
import Testing

private let program = "/usr/bin/prometheus"

/// The client against a Prometheus server that scrapes itself, and a port that nothing listens on.
@Suite(
    .timed, .onServers,
    .enabled(if: FileManager.default.isExecutableFile(atPath: program), "prometheus is not installed"))
struct RealServerTests {
    @Test func queriesTargetsAndMetricsOfARunningServer() async throws {
        try await withPrometheus { url, dead in
            let client = PrometheusClient(base: url)
            try await until { await client.isReady() }
            try await until {
                await client.instant(name: "up", query: "count(up)").series.first?.points.first?.value == 2
            }

            let up = await client.instant(name: "up", query: "up")
            #expect(up.error == nil)
            #expect(Set(up.series.compactMap { $0.points.first?.value }) == [0, 1])
            #expect(
                await client.instant(name: "half", query: "scalar(vector(0.5))").series.first?.points.first?.value
                    == 0.5)
            let notANumber = await client.instant(name: "nan", query: "vector(0) / 0", at: 1_700_000_000)
            #expect(notANumber.series.first?.points == [PrometheusPoint(time: 1_700_000_000, value: nil)])

            let broken = await client.instant(name: "broken", query: "sum(")
            #expect(broken.error?.hasPrefix("bad_data: ") == true)

            let range = await client.range(name: "r", query: "vector(1)", from: 1000, to: 13_000, step: 1)
            #expect(range.error == nil)
            #expect(range.series.map(\.points.count) == [12_001])
            let times = range.series.first?.points.map(\.time)
            #expect(times == (0...12_000).map { 1000 + Double($0) })

            let targets = try await client.targets().sorted { $0.job > $1.job }
            #expect(targets.map(\.job) == ["store", "itself"])
            #expect(targets.first?.instance == "127.0.0.1:\(dead)")
            #expect(targets.map(\.health) == [.down, .up])
            #expect(targets.map(\.interval) == [0.2, 0.2])

            let (page, _) = try await URLSession.shared.data(from: url.appending(path: "metrics"))
            let families = try TextFormat.parse(String(decoding: page, as: UTF8.self))
            #expect(families.sum(of: "prometheus_ready") == 1)
            #expect(families.first { $0.name == "prometheus_http_request_duration_seconds" }?.kind == .histogram)
        }
    }

    private struct NotInTime: Error {}

    /// Asks again until the condition holds, for 20 s at most.
    private func until(_ condition: () async -> Bool) async throws {
        for _ in 0..<400 {
            if await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NotInTime()
    }

    private func withPrometheus(_ body: (_ url: URL, _ deadPort: Int) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "storelab-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (port, dead) = (try freePort(), try freePort())
        let configuration = """
            global: { scrape_interval: 200ms, scrape_timeout: 200ms }
            scrape_configs:
              - { job_name: itself, static_configs: [{ targets: ["127.0.0.1:\(port)"] }] }
              - { job_name: store, static_configs: [{ targets: ["127.0.0.1:\(dead)"] }] }
            """
        try Data(configuration.utf8).write(to: folder.appending(path: "prometheus.yml"))
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = [
            "--config.file=\(folder.path)/prometheus.yml", "--storage.tsdb.path=\(folder.path)/data",
            "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        try await body(try #require(URL(string: "http://127.0.0.1:\(port)")), dead)
    }
}
