import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct PlateauTests {
    @Test func successesAndFailuresAreKeptApart() throws {
        let samples = (0..<4).map {
            second(
                $0,
                TaskSecond(
                    succeeded: many(9, ms: 100), failed: many(1, ms: 1), failures: [.status(503): 1]), task(10, ms: 20))
        }
        let summary = try #require(PlateauSummary(users: 25, samples: samples, taskNames: ["a", "b"]))
        #expect(summary.users == 25)
        #expect(summary.seconds == 4)
        #expect(summary.all.requests == 80)
        #expect(summary.all.rate == 20)
        #expect(summary.all.errorRate == 0.05)
        #expect(summary.tasks.map(\.task) == ["a", "b"])
        #expect(summary.tasks[0].succeeded.p50 == 0.1)
        #expect(summary.tasks[0].failed.p50 == 0.001)
        #expect(summary.tasks[0].failures == [FailureCount(kind: .status(503), count: 4)])
        #expect(summary.tasks[1].errorRate == 0)
        #expect(summary.tasks[1].failed.p50 == nil)
    }

    @Test func whatWasDueBeforeIsCountedApart() throws {
        // In the first second end 5 timeouts and 3 successes of the ramp, and one failure that is the plateau's own.
        let first = TaskSecond(
            succeeded: .merged([many(20, ms: 10), many(3, ms: 2500)]),
            failed: .merged([many(1, ms: 10), many(5, ms: 5000)]), failures: [.timeout: 5, .reset: 1],
            due: DueSecond(succeededEarlier: many(1, ms: 2500)))
        let samples = [second(7, inFlight: 3, first), second(8, inFlight: 2, task(20))]
        let summary = try #require(PlateauSummary(users: 10, samples: samples, taskNames: ["a"]))
        #expect(summary.before == 8 && summary.open == 2)
        #expect(summary.all.requests == 41 && summary.all.failed.count == 1)
        #expect(summary.all.failures == [FailureCount(kind: .reset, count: 1)])
        #expect(summary.all.succeeded.maximum == 0.01)
        // What goes out counts in the rate, whenever it went in.
        #expect(summary.all.ended == 49 && summary.all.answered == 43 && summary.all.rate == 24.5)
    }

    @Test func nothingMeasuredIsNotZero() throws {
        #expect(PlateauSummary(users: 1, samples: [], taskNames: ["a"]) == nil)
        let silent = try #require(PlateauSummary(users: 1, samples: [second(0, task(0))], taskNames: ["a"]))
        #expect(silent.all.errorRate == nil)
        #expect(silent.all.succeeded.p95 == nil)
        #expect(silent.all.meanLatency == nil)
        #expect(LittlesLaw(silent, thinkTime: ThinkTime(minimum: 1, maximum: 3)) == nil)
    }

    @Test func aStepsPlateauLeavesTheRampOut() {
        let step = LoadStep(
            users: 10, purpose: .stage, rampBegan: 0, plateauBegan: 3, plateauEnded: 6, passed: true)
        let recorded = RecordedMeasurement(
            measurement: Measurement(variant: nil, stackKind: "local", began: 0),
            samples: (0..<10).map { second($0, task(1)) })
        #expect(recorded.plateau(of: step).map(\.second) == [3, 4, 5])
    }

    @Test func littlesLawExpectsUsersOverThinkTimeAndLatency() throws {
        // 100 users, 2 s of thinking, 0.5 s of waiting: 40 requests per second.
        let samples = (0..<10).map { second($0, task(20, ms: 400), task(20, ms: 600)) }
        let summary = try #require(PlateauSummary(users: 100, samples: samples, taskNames: ["a", "b"]))
        let law = try #require(LittlesLaw(summary, thinkTime: ThinkTime(minimum: 1, maximum: 3)))
        #expect(abs(law.expected - 40) < 1e-9)
        #expect(law.measured == 40)
        #expect(abs(law.difference) < 1e-9)
    }

    @Test func failuresCountInTheMeanLatencyOfTheLaw() throws {
        let samples = [second(0, TaskSecond(succeeded: many(1, ms: 100), failed: many(3, ms: 500)))]
        let summary = try #require(PlateauSummary(users: 4, samples: samples, taskNames: ["a"]))
        #expect(abs((summary.all.meanLatency ?? 0) - 0.4) < 1e-9)
    }

    @Test func failuresAreListedByNumberThenName() {
        let counts = FailureCount.summed([[.timeout: 2, .reset: 1], [.check: 1, .timeout: 1], [.malformed: 0]])
        #expect(counts.map(\.kind) == [.timeout, .check, .reset])
        #expect(counts.map(\.count) == [3, 1, 1])
    }
}
