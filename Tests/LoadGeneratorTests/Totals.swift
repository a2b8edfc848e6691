import LoadGenerator
import Model
import Testing

/// All that one load gave, added up.
struct Totals {
    var samples: [SecondSample] = []
    var report = GeneratorReport(threads: 0, cpuSeconds: 0, seconds: 0, peakThreadCPU: 0, lag: Distribution())
    var examples: [FailureExample] = []

    var started: Int { sum(\.started) }
    var succeeded: Int { sum(\.succeeded.count) }
    var failed: Int { sum(\.failed.count) }
    var opened: Int { samples.reduce(0) { $0 + ($1.generator?.opened ?? 0) } }
    var latencies: Distribution { .merged(samples.flatMap { $0.tasks.map(\.succeeded) }) }
    var failedLatencies: Distribution { .merged(samples.flatMap { $0.tasks.map(\.failed) }) }
    var failures: [FailureKind: Int] {
        samples.flatMap(\.tasks).reduce(into: [:]) { $0.merge($1.failures, uniquingKeysWith: +) }
    }

    private func sum(_ value: (TaskSecond) -> Int) -> Int {
        samples.flatMap(\.tasks).reduce(0) { $0 + value($1) }
    }

    /// Nothing is lost and nothing is counted twice.
    func expectConsistent(_ location: SourceLocation = #_sourceLocation) {
        #expect(started == succeeded + failed, sourceLocation: location)
        #expect(failures.values.reduce(0, +) == failed, sourceLocation: location)
        #expect(samples.last?.inFlight == 0, sourceLocation: location)
        #expect(samples.last?.users == 0, sourceLocation: location)
        #expect(samples.map(\.second) == Array(0..<samples.count), sourceLocation: location)
        #expect(report.lag.count == started, sourceLocation: location)
    }

    /// Runs a load until the condition holds, and adds up what came.
    static func of(
        _ load: LoadDefinition, port: Int, users: Int = 3, threads: Int = 1,
        until condition: (AsyncStream<SecondSample>) async -> [SecondSample]
    ) async throws -> Totals {
        let generator = try LoadGenerator(
            endpoint: .init(host: "127.0.0.1", port: port), load: load, options: .init(threads: threads))
        let samples = generator.start()
        generator.setUsers(users, ratePerSecond: .infinity)
        var totals = Totals()
        totals.samples = await condition(samples)
        totals.report = await generator.stop()
        for await sample in samples { totals.samples.append(sample) }
        totals.examples = generator.failureExamples
        return totals
    }
}
