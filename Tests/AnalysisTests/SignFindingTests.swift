import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct SignFindingTests {
    private func trace(
        _ kind: SignKind, _ counts: [Int: Int], source: SignSource = .log, looked: [Int: Int] = [:],
        failed: [Int: Int] = [:]
    ) -> SignTrace {
        SignTrace(
            kind: kind, source: source, component: source == .answers ? nil : "app", counts: counts, looked: looked,
            failed: failed)
    }

    /// Ten seconds that passed, then ten that failed.
    private func find(
        _ traces: SignTrace..., passed: Range<Int>? = 0..<10, requests: Int = 1000, failures: Int = 100,
        broken: CriterionMetric? = .errorRate
    ) -> [SignFinding] {
        SignFinding.all(
            traces, passed: passed, failed: 10..<20, requests: requests, failures: failures, broken: broken)
    }

    @Test func aSignOfTheFailedStepAloneGoesBeforeWhatIsOnlyFull() throws {
        let found = find(trace(.mysqlTooManyConnections, [12: 40, 13: 39]))
        let first = try #require(found.first)
        #expect(first.isCause && first.places.map(\.failed) == [79] && first.places.map(\.passed) == [0])
        for cause in [Bottleneck.Cause.machineCPU, .storeCPU, .otherCPU, .mysqlPool, .generator, .machineSlower] {
            #expect(first.precedes(cause, broken: .errorRate), "\(cause)")
        }
        #expect(first.precedes(nil, broken: .errorRate))
    }

    @Test func aLateGeneratorAndASlowMachineGoBeforeItWhereALatencyWasTooHigh() throws {
        let first = try #require(find(trace(.mysqlTooManyConnections, [12: 79]), broken: .p95).first)
        #expect(!first.precedes(.generator, broken: .p95))
        #expect(!first.precedes(.machineSlower, broken: .p95))
        #expect(first.precedes(.machineCPU, broken: .p95))
    }

    @Test func whatTheSignalsSayOfTheSameThingStaysFirst() throws {
        let first = try #require(find(trace(.mysqlTooManyConnections, [12: 79])).first)
        #expect(!first.precedes(.mysqlConnections, broken: .errorRate))
        #expect(first.precedes(nil, broken: .errorRate))
        #expect(first.precedes(.nginxConnections, broken: .errorRate))
    }

    @Test func whatWasThereBeforeIsNoCause() throws {
        #expect(find(trace(.mysqlDeadlock, [3: 50, 12: 60])).first?.isCause == false)
        // A little of it may be chance, or left from the step before.
        #expect(find(trace(.mysqlDeadlock, [3: 5, 12: 60])).first?.isCause == true)
        #expect(find(trace(.mysqlDeadlock, [12: 60]), passed: nil).first?.isCause == true)
        #expect(find(trace(.mysqlDeadlock, [3: 50])).isEmpty)
    }

    @Test func tooFewExplainNothing() throws {
        #expect(find(trace(.mysqlDeadlock, [12: 4])).first?.isCause == false, "of 100 failures")
        #expect(find(trace(.mysqlDeadlock, [12: 5])).first?.isCause == true)
        #expect(find(trace(.mysqlDeadlock, [12: 9]), broken: .p95).first?.isCause == false, "of 1000 requests")
        #expect(find(trace(.openFiles, [12: 1]), failures: 5000).first?.isCause == true, "one line tells of many")
        #expect(find(trace(.outOfMemoryKill, [12: 1], source: .engine), failures: 5000).first?.isCause == true)
    }

    @Test func whatWasNotLookedAtIsReckonedWith() throws {
        let sampled = trace(
            .mysqlTooManyConnections, [12: 10], source: .answers, looked: [12: 10], failed: [12: 100])
        #expect(find(sampled, failures: 1000).first?.isCause == true)
        #expect(sampled.sample(10..<20)?.looked == 10 && sampled.sample(0..<10) == nil)
    }

    @Test func aProxyThatWaitsInVainFollowsFromWhatIsFull() throws {
        let first = try #require(find(trace(.nginxTimedOut, [12: 90])).first)
        #expect(first.isCause && !first.precedes(.storeCPU, broken: .errorRate))
        #expect(first.precedes(.machineCPU, broken: .errorRate))
        let both = find(trace(.nginxTimedOut, [12: 90]), trace(.mysqlTooManyConnections, [12: 20]))
        #expect(both.map(\.kind) == [.mysqlTooManyConnections, .nginxTimedOut])
    }

    @Test func recordsGiveTheTracesOfLogsAndAnswers() {
        var measurement = Measurement(variant: nil, stackKind: "compose", began: 0)
        #expect(!RecordedMeasurement(measurement: measurement, samples: []).looksForSigns)
        measurement.signs = SignRecord(
            series: [SignSeries(kind: .openFiles, source: .log, component: "app", counts: [4: 2], example: "x")],
            answers: [.memory: "MemoryError"], read: ["app"])
        var one = second(4, task(3, failed: 2))
        one.tasks[0].failures = [.status(500): 5, .timeout: 1]
        one.signs = AnswerSigns(looked: 2, counts: [.memory: 1])
        let traces = RecordedMeasurement(measurement: measurement, samples: [one]).signs
        #expect(traces.map(\.kind) == [.openFiles, .memory])
        #expect(traces[0].counts == [4: 2] && traces[0].place == "record.json signs.series[0]")
        #expect(traces[1].counts == [4: 1] && traces[1].example == "MemoryError" && traces[1].component == nil)
        let sample = traces[1].sample(0..<10)
        #expect(sample?.looked == 2 && sample?.failed == 5, "a timeout is no answer")
    }
}
