import Analysis
import Foundation
import Model
import TestSupport
import Testing

/// A request is judged on the plateau, and in the window, in which it was due, and whatever became of it.
@Suite(.timed) struct DueCriterionTests {
    @Test func aBacklogOfTheRampDoesNotBreakTheStep() throws {
        // Of a recorded search: 2,373 users, whose first second answered requests of the ramp after 3 s.
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "Fixtures/redis-limit-2373.jsonl")
        let samples = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(SecondSample.self, from: Data($0.utf8))
        }
        #expect(samples.map(\.second) == [106, 107, 108, 109, 110])
        let names = ["read stocks", "place orders", "read orders"]
        let result = try #require(judge([p95(0.5)], on: samples, taskNames: names).first)
        #expect(result.outcome == .held)
        #expect(result.worst?.task == names[0] && result.worst?.seconds == 106..<111)
        #expect(abs((result.worst?.value ?? 0) - 0.422784) < 1e-9)
        let summary = try #require(PlateauSummary(users: 2373, samples: samples, taskNames: names))
        #expect(summary.before == 176 && summary.open == 152 && summary.all.ended == 5688)
    }

    @Test func aServerThatHangsDoesNotPass() {
        // 84 of 160 users are answered each second; the others time out after a second, and were due in the one before.
        let samples = (0..<6).map {
            second(
                $0, inFlight: 76,
                TaskSecond(
                    succeeded: many(84, ms: 2), failed: many(76, ms: 1001), failures: [.timeout: 76], due: DueSecond()))
        }
        let breach = firstBreach(of: [p95(0.3, window: 2)], in: samples, taskNames: ["a"])
        #expect(breach?.value == 1.001 && breach?.seconds == 0..<2)
    }

    @Test func failuresAtOnceSayNothingOfLatencies() {
        let samples = (0..<10).map { second($0, task(0, failed: 100)) }
        let results = judge([p95(0.5), errors(0.01)], on: samples, taskNames: ["a"])
        #expect(results[0].outcome == .undecided(needed: 59, had: 0))
        #expect(results[0].worst == nil && results[0].unjudged == ["a"])
        #expect(results[1].breach?.value == 1)
    }

    @Test func tooFewRequestsDecideNothing() {
        // 49 requests on 7 s, of which the p95 would be below the threshold.
        let samples = (0..<7).map { second($0, task(7, ms: 400)) }
        let results = judge([p95(0.5), errors(0.01)], on: samples, taskNames: ["a"])
        #expect(results[0].outcome == .undecided(needed: 59, had: 49))
        #expect(results[1].outcome == .held)
        #expect(firstBreach(of: [p95(0.5)], in: samples, taskNames: ["a"]) == nil)
        let more = (0..<9).map { second($0, task(7, ms: 400)) }
        #expect(judge([p95(0.5)], on: more, taskNames: ["a"])[0].outcome == .held)
        let none = judge([p95(0.5)], on: [], taskNames: ["a"])[0]
        #expect(none.outcome == .undecided(needed: 59, had: 0))
    }

    @Test(arguments: [(CriterionMetric.p50, 5), (.p90, 29), (.p95, 59), (.p99, 299), (.mean, 20), (.errorRate, 20)])
    func aPercentileNeedsAsManyRequestsAsWilksSays(metric: CriterionMetric, needed: Int) {
        #expect(Criterion(metric: metric, threshold: 0.5, window: 5, text: "").neededRequests == needed)
    }

    @Test func aTaskWithFewRequestsIsListedAndMayStillBreak() {
        let quiet = (0..<10).map { second($0, task(50), task(1)) }
        let held = judge([p95(0.5)], on: quiet, taskNames: ["often", "rare"])[0]
        #expect(held.outcome == .held && held.unjudged == ["rare"])
        let slow = (0..<10).map { second($0, task(50), task(1, ms: 900)) }
        let met = judge([p95(0.5)], on: slow, taskNames: ["often", "rare"])[0]
        #expect(met.breach?.task == "rare" && met.breach?.value == 0.9 && met.breach?.seconds == 0..<10)
        #expect(met.unjudged.isEmpty && met.worst?.task == "rare")
    }

    @Test func aStallAtTheEndBreaksThePlateau() {
        // From second 7 on nothing is answered; 40 requests a second were due in second 7, and none after it.
        let samples = (0..<10).map { number in
            let isStalled = number >= 7
            let ages = number < 7 ? Distribution() : many(40, ms: (number - 7) * 1000 + 500)
            var seen = task(isStalled ? 0 : 40)
            seen.due = DueSecond(open: ages)
            return second(number, inFlight: isStalled ? 40 : 0, seen)
        }
        let breach = firstBreach(of: [p95(0.5)], in: samples, taskNames: ["a"])
        #expect(breach?.seconds == 3..<8 && breach?.value == 2.5)
        // Not yet: what is open may still be quick.
        #expect(firstBreach(of: [p95(0.5)], in: Array(samples.prefix(8)), taskNames: ["a"]) == nil)
    }

    @Test func aWindowThatAStallLeftWithFewRequestsIsJudgedByChance() {
        // 100 requests a second, then 2 a second that take 900 ms.
        let samples = (0..<20).map { second($0, $0 < 10 ? task(100) : task(2, ms: 900)) }
        let breach = firstBreach(of: [p95(0.5)], in: samples, taskNames: ["a"])
        #expect(breach != nil && (breach?.seconds.upperBound ?? 0) <= 15)
        // One slow request among few is no sign.
        let calm = (0..<20).map { second($0, $0 < 10 ? task(100) : task(2, ms: $0 == 17 ? 900 : 10)) }
        #expect(firstBreach(of: [p95(0.5)], in: calm, taskNames: ["a"]) == nil)
    }

    @Test func anErrorRateIsThatOfTheRequestsThatWereDue() {
        // Timeouts of requests due before the plateau end in its first seconds.
        let late = TaskSecond(
            succeeded: many(50, ms: 10), failed: many(20, ms: 5000), failures: [.timeout: 20], due: DueSecond())
        let samples = (0..<10).map { second($0, $0 < 5 ? late : task(50)) }
        #expect(judge([errors(0.01)], on: samples, taskNames: ["a"])[0].outcome == .held)
        let few = judge([errors(0.01)], on: [second(0, task(10))], taskNames: ["a"])[0]
        #expect(few.outcome == .undecided(needed: 20, had: 10))
        #expect(judge([errors(0.01)], on: [second(0, task(8, failed: 2))], taskNames: ["a"])[0].breach != nil)
    }

    @Test func anUndecidedStepPassesOnTheWayAndIsNoResult() {
        let load = LoadDefinition(
            tasks: [LoadTask(name: "a", weight: 1, method: .get, path: "/", expect: Check())],
            thinkTime: ThinkTime(minimum: 1, maximum: 3), shape: .ramp([]))
        var measurement = Measurement(variant: nil, stackKind: "local", began: 0)
        measurement.steps = [LoadStep.Purpose.climb, .bisect, .confirm, .stage].map {
            LoadStep(users: 10, purpose: $0, rampBegan: 0, plateauBegan: 0, plateauEnded: 5, passed: true)
        }
        let few = (0..<5).map { second($0, task(10)) }
        let steps = RecordedMeasurement(measurement: measurement, samples: few)
            .judgedSteps(load: load, criteria: [p95(0.5)])
        #expect(steps.map(\.outcome) == [.passed, .passed, .undecided, .undecided])
        #expect(steps.map(\.passed) == [true, true, false, false])
        #expect(steps.allSatisfy { $0.breach == nil && $0.undecided.count == 1 })
    }

    @Test func aWindowThatIsOverTellsBeforeThePlateauEnds() {
        let slow = (0..<5).map { second($0, task(50, ms: 900)) }
        #expect(isMetAlready([p95(0.5)], in: slow, taskNames: ["a"]))
        #expect(!isMetAlready([p95(0.5)], in: Array(slow.prefix(4)), taskNames: ["a"]))
        // Too few for a window: the whole plateau decides, at its end.
        let few = (0..<5).map { second($0, task(3, ms: 900)) }
        #expect(!isMetAlready([p95(0.5)], in: few, taskNames: ["a"]))
        #expect(firstBreach(of: [p95(0.5)], in: few, taskNames: ["a"]) != nil)
    }

    /// The worst window is the one that merging every window finds.
    @Test(arguments: [CriterionMetric.p50, .p90, .p95, .mean, .errorRate]) func theWorstWindowIsFound(
        metric: CriterionMetric
    ) {
        var state: UInt64 = 5
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<(Tier.current == .fast ? 15 : 50) {
            let samples = (0..<30).map { index in
                let parts = (0..<2).map { _ in
                    TaskSecond(
                        succeeded: latencies((0..<70).map { _ in random(600) }), failed: many(random(10), ms: 1),
                        due: DueSecond())
                }
                return second(index, parts[0], parts[1])
            }
            let criterion = Criterion(metric: metric, threshold: Double(random(700)) / 1000, window: 5, text: "")
            let scopes: [[Int]] = [[0, 1], [0], [1]]
            let values = scopes.flatMap { scope in
                (0...25).map { start in
                    let parts = samples[start..<start + 5].flatMap { sample in scope.map { sample.tasks[$0] } }
                    let all = Distribution.merged(parts.map(\.succeeded))
                    let failed = parts.reduce(0) { $0 + $1.failed.count }
                    if metric == .errorRate { return Double(failed) / Double(failed + all.count) }
                    return metric.percentile.map { all.percentile($0) ?? 0 } ?? all.mean ?? 0
                }
            }
            let worst = judge([criterion], on: samples, taskNames: ["a", "b"])[0].worst
            #expect(abs((worst?.value ?? 0) - (values.max() ?? 0)) < 1e-9)
        }
    }
}
