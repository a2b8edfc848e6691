import Agents
import Foundation
import LoadGenerator
import Model
import Synchronization
import TestSupport
import Testing

/// The latencies of several agents together, held against HdrHistogram's own union (PyPI `hdrhistogram`).
@Suite(.timed, .onServers, .timeLimit(.minutes(2))) struct MergedHistogramTests {
    /// Where `./storelab test` installs it.
    private static let python =
        "/" + "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
        + "/.build/hdrhistogram/bin/python"

    /// What each agent counted, before it was sent: by the agent's part of the load.
    private final class Ears: Sendable {
        let heard = Mutex<[Int: [SecondSample]]>([:])

        var make: MakePartialLoadSource {
            { [self] endpoint, load, part, threads, sessions in
                Overheard(
                    try LoadGenerator.partMaker(endpoint, load, part, threads, sessions), part: part.index, ears: self)
            }
        }
    }

    /// A source that is as another one is, and lets its seconds be heard.
    private final class Overheard: PartialLoadSource {
        private let source: any PartialLoadSource
        private let part: Int
        private let ears: Ears

        init(_ source: any PartialLoadSource, part: Int, ears: Ears) {
            (self.source, self.part, self.ears) = (source, part, ears)
        }

        func start() -> AsyncStream<SecondSample> { source.start() }

        func start(at origin: UInt64) -> AsyncStream<SecondSample> {
            let (stream, output) = AsyncStream.makeStream(of: SecondSample.self)
            let samples = source.start(at: origin)
            Task { [ears, part] in
                for await sample in samples {
                    ears.heard.withLock { $0[part, default: []].append(sample) }
                    output.yield(sample)
                }
                output.finish()
            }
            return stream
        }

        func preflight() async -> [PreflightResult] { await source.preflight() }
        func prepare() async { await source.prepare() }
        var loadBegan: UnixTime { source.loadBegan }
        func setUsers(_ users: Int, ratePerSecond: Double, thinkingFirst: Bool) {
            source.setUsers(users, ratePerSecond: ratePerSecond, thinkingFirst: thinkingFirst)
        }
        func setUsers(_ users: Int, ratePerSecond: Double, thinkingFirst: Bool, at time: UInt64) {
            source.setUsers(users, ratePerSecond: ratePerSecond, thinkingFirst: thinkingFirst, at: time)
        }
        func setRate(_ perSecond: Double, over seconds: Seconds) { source.setRate(perSecond, over: seconds) }
        func setRate(_ perSecond: Double, over seconds: Seconds, at time: UInt64) {
            source.setRate(perSecond, over: seconds, at: time)
        }
        func isQuiet() async -> Bool { await source.isQuiet() }
        func stop() async -> GeneratorReport { await source.stop() }
        var failureExamples: [FailureExample] { source.failureExamples }
    }

    /// Reads `{"agents": [[[microseconds, count], …], …], "merged": [[microseconds, count], …]}` and compares.
    private static let oracle = """
        import json, sys
        from hdrh.histogram import HdrHistogram

        def made(buckets):
            histogram = HdrHistogram(1, 3600000000, 5)
            for value, count in buckets:
                assert histogram.record_value(value, count), value
            return histogram

        def bins(histogram):
            return [(item.value_iterated_to, item.count_at_value_iterated_to)
                    for item in histogram.get_recorded_iterator()]

        told = json.load(sys.stdin)
        union = made([])
        for agent in told["agents"]:
            union.add(made(agent))
        merged = made(told["merged"])
        assert bins(union) == bins(merged), "the bins differ"
        for percentile in [0, 25, 50, 75, 90, 95, 99, 99.9, 100]:
            assert union.get_value_at_percentile(percentile) == merged.get_value_at_percentile(percentile), percentile
        print(union.get_total_count(), len(bins(union)))
        """

    private static func told(agents: [Distribution], merged: Distribution) throws -> Data {
        func list(_ distribution: Distribution) -> [[Int]] { distribution.buckets.map { [$0.microseconds, $0.count] } }
        return try JSONSerialization.data(
            withJSONObject: ["agents": agents.map(list), "merged": list(merged)] as [String: Any])
    }

    private static func ask(_ input: Data) async throws -> (code: Int32, output: String) {
        try await onThread {
            let folder = FileManager.default.temporaryDirectory.path + "/storelab-oracle-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try input.write(to: URL(fileURLWithPath: folder + "/told"))
            let (code, output) = ran(python, ["-c", oracle], input: folder + "/told", output: folder + "/said")
            return (code, output)
        }
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: python),
            "hdrhistogram is not installed; ./storelab test installs it from PyPI"))
    func theyAreTheUnionOfTheAgentsBinForBin() async throws {
        let server = try RecordingServer()
        defer { server.end() }
        let ears = Ears()
        let agents = InProcessAgents(make: ears.make)
        let load = LoadDefinition(
            tasks: [LoadTask(name: "a", weight: 1, method: .get, path: "/", expect: Check())],
            thinkTime: ThinkTime(minimum: 0.005, maximum: 0.02),
            shape: .ramp([LoadStage(users: 12, spawnRate: 100, hold: 1)]))
        let fleet = try await agents.fleet(of: 3, port: server.port, load: load)
        _ = await fleet.preflight()
        let samples = fleet.start()
        fleet.setUsers(12, ratePerSecond: .infinity, thinkingFirst: false)
        var merged: [Distribution] = []
        for await sample in samples {
            merged += sample.tasks.map(\.succeeded)
            if sample.second == 2 { Task { _ = await fleet.stop() } }
        }
        _ = await fleet.stop()
        _ = await agents.endings()
        let parts = ears.heard.withLock { heard in
            (0..<3).map { Distribution.merged((heard[$0] ?? []).flatMap(\.tasks).map(\.succeeded)) }
        }
        #expect(parts.allSatisfy { $0.count > 30 })
        let all = Distribution.merged(merged)
        let told = try await Self.ask(Self.told(agents: parts, merged: all))
        #expect(told.code == 0 && told.output.hasPrefix("\(all.count) "), "\(told.output)")
        // One request more or less is seen.
        let less = try await Self.ask(Self.told(agents: Array(parts.dropLast()), merged: all))
        #expect(less.code != 0)
    }
}
