import LoadGenerator
import Model
import TestSupport
import Testing

@Suite(.timed) struct RecordingTests {
    @Test func latenciesAreExactBelowTwoMillisecondsAndCloseAbove() throws {
        var histogram = LatencyHistogram()
        for microseconds: UInt64 in [0, 1, 2047, 5_000, 1_234_567, 60_000_000] {
            histogram.record(nanoseconds: microseconds * 1000)
        }
        let kept = histogram.distribution.buckets.map(\.microseconds)
        #expect(kept.prefix(3) == [0, 1, 2047])
        for (value, truth) in zip(kept.dropFirst(3), [5_000.0, 1_234_567, 60_000_000]) {
            #expect(abs(Double(value) - truth) <= truth * 0.0005 + 1)
        }
        #expect(histogram.distribution.count == 6)
    }

    @Test func nanosecondsAreRoundedToMicroseconds() {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: 1499)
        histogram.record(nanoseconds: 1500)
        #expect(histogram.distribution.text == "1,1")
    }

    @Test func whatIsLongerThanAnHourCountsAsAnHour() throws {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: .max / 2)
        let maximum = try #require(histogram.distribution.maximum)
        #expect(abs(maximum - 3600) < 2)
    }

    @Test func resetForgets() {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: 1000)
        histogram.reset()
        #expect(histogram.distribution == Distribution())
        histogram.record(nanoseconds: 3000)
        #expect(histogram.distribution.text == "3")
    }

    @Test func aSecondHoldsWhatEndedInIt() {
        let loop = LoopSecond(cpu: 0.5, timerLag: 0.001)
        var recorder = SecondRecorder(tasks: 2)
        recorder.fallDue()
        recorder.start(task: 0, due: 0, lag: 3000)
        recorder.start(task: 1, due: 0, lag: 0)
        recorder.start(task: 1, due: 0, lag: 0)
        for _ in 0..<4 { recorder.fallDue() }
        for _ in 0..<2 { recorder.connect() }
        recorder.succeed(task: 0, due: 0, latency: 5000, firstByte: 1000)
        recorder.fail(task: 1, kind: .status(503), due: 0, latency: 7000)
        let first = recorder.close(users: 3, loop: loop, connections: 2)
        #expect(first.second == 0 && first.users == 3 && first.inFlight == 1)
        #expect(first.tasks.map(\.started) == [1, 2])
        #expect(first.tasks[0].succeeded.text == "5")
        #expect(first.tasks[0].firstByte.text == "1")
        let own = GeneratorSecond(
            loops: [loop], due: 5, sent: 3, waiting: 2, lag: Distribution(text: "0:2,3") ?? .init(), connections: 2,
            opened: 2)
        #expect(first.generator == own)
        #expect(first.tasks[1].failed.text == "7")
        #expect(first.tasks[1].failures == [.status(503): 1])
        recorder.fail(task: 1, kind: .timeout, due: 0, latency: 9000)
        let next = recorder.close(users: 0, loop: loop, connections: 0)
        #expect(next.second == 1 && next.inFlight == 0 && next.generator?.opened == 0)
        #expect(next.tasks.map(\.started) == [0, 0])
        #expect(next.tasks[1].failed.text == "9")
        #expect(next.tasks[1].failures == [.timeout: 1])
    }

    @Test func loopsMergeInOrder() {
        func part(_ second: Int, _ users: Int, _ latency: Int) -> SecondSample {
            let seen = Distribution(ascending: [.init(microseconds: latency, count: 1)])
            return SecondSample(
                second: second, users: users, inFlight: 1,
                tasks: [TaskSecond(started: 2, succeeded: seen, failed: seen, failures: [.check: 1])])
        }
        var merger = SampleMerger(loops: 2)
        #expect(merger.add(part(0, 1, 10), of: 0).isEmpty)
        #expect(merger.add(part(1, 2, 20), of: 0).isEmpty)
        let first = merger.add(part(0, 5, 30), of: 1)
        #expect(first.count == 1)
        #expect(first.first?.users == 6)
        #expect(first.first?.inFlight == 2)
        #expect(first.first?.tasks.first?.started == 4)
        #expect(first.first?.tasks.first?.succeeded.text == "10,20")
        #expect(first.first?.tasks.first?.failures == [.check: 2])
        #expect(merger.finish().map(\.users) == [2])
        #expect(merger.finish().isEmpty)
    }
}
