import Foundation
import LoadGenerator
import Model
import TestSupport
import Testing

/// When requests failed, and when they were due, within a second.
@Suite(.timed) struct FailureTimesTests {
    private func distribution(_ buckets: [(Int, Int)]) -> Distribution {
        Distribution(ascending: buckets.map { .init(microseconds: $0.0, count: $0.1) })
    }

    @Test func failuresSayWhenTheyWereDueAndWhenTheyFailed() {
        var recorder = SecondRecorder(tasks: 1)
        recorder.begin(at: 1_000_000_000)
        for due: UInt64 in [1_010_000_000, 1_060_000_000, 1_130_000_000] {
            recorder.start(task: 0, due: due, lag: 0)
            recorder.fail(task: 0, kind: .refused, due: due, latency: 5_000_000)
        }
        recorder.start(task: 0, due: 1_500_000_000, lag: 0)
        recorder.succeed(task: 0, due: 1_500_000_000, latency: 1_000_000, firstByte: 1_000_000)
        let first = recorder.close(users: 1, loop: nil, connections: 1).tasks[0]
        #expect(
            first.failureTimes
                == FailureTimes(first: 0.015, last: 0.135, due: [.refused: distribution([(0, 2), (125_000, 1)])]))
        let quiet = recorder.close(users: 1, loop: nil, connections: 1).tasks[0]
        #expect(quiet.failureTimes == nil, "nothing of the second before is left")
    }

    @Test func loopsTimesAreMerged() {
        func part(_ first: Double, _ last: Double, _ due: [FailureKind: Distribution]) -> SecondSample {
            SecondSample(
                second: 0, users: 1, inFlight: 0,
                tasks: [TaskSecond(failureTimes: FailureTimes(first: first, last: last, due: due))])
        }
        var merger = SampleMerger(loops: 3)
        _ = merger.add(part(0.5, 0.6, [.reset: distribution([(0, 1)])]), of: 0)
        _ = merger.add(SecondSample(second: 0, users: 1, inFlight: 0, tasks: [TaskSecond()]), of: 1)
        let whole = merger.add(
            part(0.2, 0.9, [.reset: distribution([(0, 2)]), .timeout: distribution([(62_500, 1)])]), of: 2)
        #expect(
            whole.first?.tasks[0].failureTimes
                == FailureTimes(
                    first: 0.2, last: 0.9, due: [.reset: distribution([(0, 3)]), .timeout: distribution([(62_500, 1)])])
        )
    }

    @Test func olderRecordsDoNotSayWhen() throws {
        let old = #"{"failed":"1000","failures":{"timeout":1},"started":1,"succeeded":""}"#
        let task = try JSONDecoder().decode(TaskSecond.self, from: Data(old.utf8))
        #expect(task.failureTimes == nil && task.failed.count == 1)
        var new = task
        new.failureTimes = FailureTimes(first: 1, last: 2, due: [.status(502): distribution([(62_500, 1)])])
        #expect(try JSONDecoder().decode(TaskSecond.self, from: JSONEncoder().encode(new)) == new)
    }
}
