import Analysis
import Foundation
import LoadGenerator
import Model
import NIOCore
import TestSupport
import TestTarget
import Testing

/// Outages of known cost, and what the generator's own counts make of them.
@Suite(.timed, .onServers, .serialized) struct OutageBillTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var outage: String
        /// Requests arrive at a rate; else ten users wait for their answers.
        var rate: Double?
        var timeout: Seconds = 5

        var testDescription: String { "\(outage), \(rate.map { "\($0)/s" } ?? "users"), \(timeout) s" }
    }

    /// The impatient wait a little longer than a whole number of the distances between requests, so that none gives up just
    /// as the pause ends.
    private static let cases =
        ["refuse 2s at 10s", "reset 2s at 10s", "pause 2s at 10s", "status 503 for 2s at 10s"].flatMap {
            [Case(outage: $0, rate: 50), Case(outage: $0, rate: nil)]
        } + [Case(outage: "pause 2s at 10s", rate: 5, timeout: 1.1)]

    private static let length = 18
    /// How late a request may be sent at most.
    private static let latest: Seconds = 0.3
    /// Seconds that must be well in a row.
    private static let steady = 3

    @Test(.timeLimit(.minutes(3))) func everyRequestThatWasFailedIsLost() async throws { try await Self.round() }

    @Test(.long, .timeLimit(.minutes(20))) func twentyTimesOfTwenty() async throws {
        for _ in 0..<5 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try await Self.round() } }
                try await group.waitForAll()
            }
        }
    }

    /// All cases at the same time, each with a server and a generator of its own.
    private static func round() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for one in cases { group.addTask { try await check(one) } }
            try await group.waitForAll()
        }
    }

    /// A round during which a busy machine kept requests from being sent tells nothing of the outage, and is done again.
    private static func check(_ one: Case) async throws {
        for _ in 0..<4 {
            if try await isJudged(one) { return }
        }
        Issue.record("\(one.testDescription): no round of four was sent on time and met the outage")
    }

    private static func isJudged(_ one: Case) async throws -> Bool {
        try await TargetServer.with(outages: [ScriptedOutage(one.outage)]) { server, port in
            let load = LoadDefinition(
                tasks: [LoadTask(name: "ok", weight: 1, method: .get, path: "/ok", expect: .init())],
                thinkTime: ThinkTime(minimum: 0.1, maximum: 0.3),
                shape: one.rate.map { .rate([RateStage(perSecond: $0, hold: Double(length))], arrivals: .constant) }
                    ?? .ramp([LoadStage(users: 10, spawnRate: LoadStage.atOnce, hold: Double(length))]),
                timeout: one.timeout)
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load)
            let stream = generator.start()
            if let rate = one.rate {
                generator.setRate(rate, over: 0)
            } else {
                generator.setUsers(10, ratePerSecond: .infinity)
            }
            var samples: [SecondSample] = []
            for await sample in stream {
                samples.append(sample)
                if samples.count == length { break }
            }
            let report = await generator.stop()
            for await sample in stream { samples.append(sample) }
            let count = try #require(server.outageCounts.first)
            let isMet = count.failed + count.held > 0 || report.sent > server.requestCount - count.sentAgain
            let isOnTime = (report.lag.maximum ?? 0) < latest
            if isMet, isOnTime { try judge(one, server, samples, report, began: generator.loadBegan, load) }
            return isMet && isOnTime
        }
    }

    private static func judge(
        _ one: Case, _ server: TargetServer, _ samples: [SecondSample], _ report: GeneratorReport, began: UnixTime,
        _ load: LoadDefinition
    ) throws {
        let count = try #require(server.outageCounts.first)
        // From the server's clock to the generator's.
        let ahead = Date().timeIntervalSince1970 - Double(NIODeadline.now().uptimeNanoseconds) / 1e9
        let onset = Double(try #require(count.began)) / 1e9 + ahead - began
        let end = Double(try #require(count.ended)) / 1e9 + ahead - began
        let bills = try #require(
            recorded(samples, onset: onset, end: end, load).faultBills(of: experiment(load), steady: steady))
        let bill = try #require(bills.faults.first?.bill)

        let answered = server.requestCount - count.failed - count.sentAgain
        #expect(bill.lost == report.sent - answered, "\(one.testDescription): \(count)")
        #expect(bill.lost == samples.flatMap(\.tasks).reduce(0) { $0 + $1.failed.count }, "\(one.testDescription)")
        if count.outage.kind != .refuse { #expect(bill.lost == count.failed, "\(one.testDescription): \(count)") }
        if count.outage.kind == .pause, one.timeout == 5 {
            #expect(bill.lost == 0 && count.held > 0, "\(one.testDescription): \(count)")
        } else {
            #expect(bill.lost > 0 && bill.firstFailure != nil, "\(one.testDescription)")
        }
        guard case .after(let recovery) = bill.recovery else {
            Issue.record("\(one.testDescription): not well again: \(bill)")
            return
        }
        #expect(abs(onset + recovery - end) <= 1, "\(one.testDescription): \(onset) + \(recovery), \(end)")

        let control = try #require(bills.control, "\(one.testDescription): \(bill)")
        #expect(control.lost == 0 && control.failures.isEmpty, "\(one.testDescription): \(control)")
    }

    private static func experiment(_ load: LoadDefinition) -> Experiment {
        Experiment(
            name: "made", question: nil, title: LocalizedText(english: "", french: ""),
            stack: StackDefinition(
                backend: .mysql, replicas: 1, balancers: [.none], storeCPUs: 0.5,
                dataset: .generated(users: 1, products: 1, orders: 1, seed: 1)),
            load: load,
            criteria: [
                Criterion(metric: .errorRate, threshold: 0.01, window: 5, text: "error_rate > 1% for 5s"),
                Criterion(metric: .p95, threshold: 0.5, window: 5, text: "p95 > 500ms for 5s"),
            ], sourceFile: "made.yaml")
    }

    private static func recorded(
        _ samples: [SecondSample], onset: Seconds, end: Seconds, _ load: LoadDefinition
    ) -> RecordedMeasurement {
        var measurement = Model.Measurement(variant: nil, stackKind: "url", began: 0)
        measurement.steps = [
            LoadStep(
                users: load.shape.isOpen ? 0 : 10, purpose: .stage, rampBegan: 0, plateauBegan: 1,
                plateauEnded: length, passed: true)
        ]
        measurement.faults = [
            FaultRecord(
                index: 0, fault: Fault(at: 10, duration: 2, target: .part("target"), action: .pause), part: "target",
                began: onset, done: onset, ended: end)
        ]
        return RecordedMeasurement(measurement: measurement, samples: samples)
    }
}
