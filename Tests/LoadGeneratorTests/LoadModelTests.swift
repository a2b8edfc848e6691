import LoadGenerator
import Model
import TestSupport
import Testing

@Suite(.timed, .timeLimit(.minutes(5))) struct LoadModelTests {
    private static let list = TestServer.json("[{\"user_id\":1}]")
    private static let task = LoadTask(
        name: "report", weight: 1, method: .get, path: "/report", expect: .init(status: 200, jsonKind: .list))
    private static let noPause = ThinkTime(minimum: 0, maximum: 0)

    private func open(
        _ behaviour: TestServer.Behaviour, rate: Double, law: ArrivalLaw = .constant, timeout: Seconds = 5,
        threads: Int = 1, sessions: Int = 100, seconds: Int = 1
    ) async throws -> (samples: [SecondSample], report: GeneratorReport, seen: TestServer.Seen) {
        let load = LoadDefinition(
            tasks: [Self.task], thinkTime: Self.noPause, shape: .rate([], arrivals: law), timeout: timeout)
        return try await TestServer.with(behaviour) { server, port in
            let generator = try LoadGenerator(
                endpoint: .init(host: "127.0.0.1", port: port), load: load,
                options: .init(threads: threads, sessions: sessions))
            var samples: [SecondSample] = []
            let stream = generator.start()
            generator.setRate(rate, over: 0)
            var report: GeneratorReport?
            for await sample in stream {
                samples.append(sample)
                if samples.count == seconds { report = await generator.stop() }
            }
            return (samples, try #require(report), server.seen)
        }
    }

    @Test(arguments: [1, 2])
    func arrivalsComeAtTheirRateWhateverTheNumberOfThreads(threads: Int) async throws {
        let (samples, report, seen) = try await open(.answer(Self.list), rate: 400, threads: threads)
        let started = samples.reduce(0) { $0 + $1.tasks[0].started }
        #expect(seen.count == started)
        #expect(report.sent == started)
        // As many as the schedule asks for, and neither more: the first at once, then one every 2.5 ms.
        #expect(report.due == report.sent)
        #expect(Double(started) >= 400 && Double(started) <= report.seconds * 400 + 2)
        #expect(samples.allSatisfy { $0.generator?.loops.count == threads })
    }

    @Test func arrivalsDoNotWaitForAnswers() async throws {
        let (samples, _, seen) = try await open(.silence, rate: 100, timeout: 0.2)
        let failures = samples.flatMap(\.tasks).reduce(into: [:]) { $0.merge($1.failures, uniquingKeysWith: +) }
        #expect(failures == [FailureKind.timeout: seen.count])
        #expect(seen.count >= 100)
    }

    @Test func arrivalsWithoutAFreeSessionWaitAndTimeOut() async throws {
        let (samples, report, seen) = try await open(.silence, rate: 100, timeout: 0.2, sessions: 2)
        let failures = samples.flatMap(\.tasks).reduce(into: [:]) { $0.merge($1.failures, uniquingKeysWith: +) }
        // Each session waits out the timeout on a connection before it has another.
        #expect(Double(seen.connections) <= 2 * (report.seconds / 0.2 + 2))
        #expect(failures[.timeout] == report.sent)
        #expect(report.sent > seen.count)
        #expect(samples[0].generator?.waiting ?? 0 > 0)
    }

    @Test func aConnectionForEachRequest() async throws {
        let load = LoadDefinition(
            tasks: [Self.task], thinkTime: Self.noPause, shape: .ramp([]), connections: .perRequest)
        try await TestServer.with(.answer(Self.list)) { server, port in
            let totals = try await Totals.of(load, port: port) { _ in
                await server.requests(60)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failed == 0)
            #expect(server.seen.connections == server.seen.count)
            #expect(server.seen.requests.allSatisfy { $0.contains("\r\nConnection: close\r\n") })
            #expect((totals.succeeded...totals.started).contains(totals.opened))
        }
    }

    /// The report says how many connections a load took: whoever asked to keep them need not have kept any.
    @Test(arguments: [false, true]) func connectionsAreCounted(serverCloses: Bool) async throws {
        let answer: TestServer.Behaviour =
            serverCloses
            ? .answerAndClose("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\n[1]")
            : .answer(Self.list)
        try await TestServer.with(answer) { server, port in
            let load = LoadDefinition(tasks: [Self.task], thinkTime: Self.noPause, shape: .ramp([]))
            let totals = try await Totals.of(load, port: port, users: 2) { _ in
                await server.requests(40)
                return []
            }
            #expect(totals.failed == 0)
            #expect(serverCloses ? (totals.succeeded...totals.started).contains(totals.opened) : totals.opened == 2)
        }
    }

    @Test func theFirstByteComesNoLaterThanTheLast() async throws {
        try await TestServer.with(.slow(Self.list)) { server, port in
            let load = LoadDefinition(tasks: [Self.task], thinkTime: Self.noPause, shape: .ramp([]))
            let totals = try await Totals.of(load, port: port) { _ in
                await server.requests(20)
                return []
            }
            let tasks = totals.samples.flatMap(\.tasks)
            let firstByte = Distribution.merged(tasks.map(\.firstByte))
            #expect(firstByte.count == totals.succeeded)
            for percentile in [0.0, 50, 100] {
                let latency = try #require(totals.latencies.percentile(percentile))
                #expect(try #require(firstByte.percentile(percentile)) <= latency * 1.01)
            }
        }
    }

    @Test func exponentialThinkTimesHaveTheirMean() {
        let think = ThinkTime(exponentialWithMean: 2)
        #expect(think.mean == 2)
        var random = RandomSource(seed: 3, ordinal: 0)
        let draws: [Double] = (0..<40_000).map { _ in random.exponential() }
        let mean: Double = draws.reduce(0, +) / 40_000
        #expect(abs(mean - 1) < 0.02)
        #expect(draws.allSatisfy { $0 >= 0 })
    }
}
