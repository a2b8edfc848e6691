import LoadGenerator
import Model
import TestSupport
import Testing

/// Times in nanoseconds of a load that begins at `origin`.
private struct Request {
    var due: UInt64
    var sent: UInt64
    var latency: UInt64
    var succeeds: Bool

    var end: UInt64 { due + latency }
}

private let origin: UInt64 = 77_123_456_789
private let second: UInt64 = 1_000_000_000

@Suite(.timed) struct DueRecordingTests {
    /// Every request is found again in the second in which it was due, from what the record says of the one in which it ended.
    @Test(arguments: UInt64(1)...8) func aRecordTellsWhenRequestsWereDue(seed: UInt64) {
        var random = Congruential(state: seed)
        // Not so near to the end of a second that the rounding of a latency would move one over it.
        let requests = (0..<3000).map { _ in
            Self.request(due: random.next(20) * second + 20_000_000 + random.next(960_000_000), &random)
        }
        let samples = Self.record(requests)
        var found: [Int: (succeeded: Int, failed: Int)] = [:]
        for sample in samples {
            let task = sample.tasks[0]
            for bucket in task.succeeded.buckets {
                found[sample.second - bucket.microseconds / 1_000_000, default: (0, 0)].succeeded += bucket.count
            }
            for bucket in task.failed.buckets {
                found[sample.second - bucket.microseconds / 1_000_000, default: (0, 0)].failed += bucket.count
            }
            for bucket in task.due?.succeededEarlier.buckets ?? [] {
                found[sample.second - bucket.microseconds / 1_000_000, default: (0, 0)].succeeded -= bucket.count
                found[sample.second - bucket.microseconds / 1_000_000 - 1, default: (0, 0)].succeeded += bucket.count
            }
            for bucket in task.due?.failedEarlier.buckets ?? [] {
                found[sample.second - bucket.microseconds / 1_000_000, default: (0, 0)].failed -= bucket.count
                found[sample.second - bucket.microseconds / 1_000_000 - 1, default: (0, 0)].failed += bucket.count
            }
        }
        for index in 0..<20 {
            let due = requests.filter { Int($0.due / second) == index }
            #expect(found[index]?.succeeded ?? 0 == due.filter(\.succeeds).count)
            #expect(found[index]?.failed ?? 0 == due.filter { !$0.succeeds }.count)
        }
        #expect(found.values.reduce(0) { $0 + $1.succeeded + $1.failed } == requests.count)
    }

    @Test(arguments: UInt64(1)...8) func aRecordTellsHowLongRequestsHaveBeenUnderWay(seed: UInt64) {
        var random = Congruential(state: seed)
        let requests = (0..<3000).map { _ in Self.request(due: random.next(20 * second), &random) }
        for sample in Self.record(requests) {
            let end = UInt64(sample.second + 1) * second
            var ages: [Int: Int] = [:]
            for request in requests where request.sent < end && request.end >= end {
                ages[max(0, Int(end / 62_500_000) - 1 - Int(request.due / 62_500_000)) * 62_500, default: 0] += 1
            }
            let open = sample.tasks[0].due?.open
            #expect(open?.buckets.map(\.microseconds) == ages.keys.sorted())
            #expect(open?.buckets.allSatisfy { ages[$0.microseconds] == $0.count } == true)
            #expect(open?.count == sample.inFlight)
        }
    }

    @Test func aLatencyThatIsRoundedOverASecondKeepsItsPlace() {
        // 999.95 ms is recorded as a little more than a second: due in the second before the one in which it ended.
        var recorder = SecondRecorder(tasks: 1)
        recorder.begin(at: origin)
        recorder.start(task: 0, due: origin + 500_000_000, lag: 0)
        _ = recorder.close(users: 1, loop: nil, connections: 1)
        recorder.succeed(task: 0, due: origin + 500_000_000, latency: 999_950_000, firstByte: 0)
        let task = recorder.close(users: 1, loop: nil, connections: 1).tasks[0]
        #expect((task.succeeded.maximum ?? 0) > 1)
        #expect(task.due == DueSecond())
    }

    @Test func loopsAddUpWhatWasDue() {
        let one = Distribution(ascending: [.init(microseconds: 5, count: 1)])
        let part = SecondSample(
            second: 0, users: 1, inFlight: 1,
            tasks: [TaskSecond(due: DueSecond(succeededEarlier: one, failedEarlier: one, open: one))])
        var merger = SampleMerger(loops: 2)
        _ = merger.add(part, of: 0)
        let both = Distribution(ascending: [.init(microseconds: 5, count: 2)])
        #expect(
            merger.add(part, of: 1).first?.tasks.first?.due
                == DueSecond(succeededEarlier: both, failedEarlier: both, open: both))
    }

    /// Most latencies are short; some last up to 30 s, and some requests are sent long after they were due.
    private static func request(due: UInt64, _ random: inout Congruential) -> Request {
        let latency = 1_000_000 + random.next(1 << (20 + random.next(15)))
        let lag = random.next(4) == 0 ? random.next(latency) : 0
        return Request(due: due, sent: due + lag, latency: latency, succeeds: random.next(5) > 0)
    }

    private static func record(_ requests: [Request]) -> [SecondSample] {
        var recorder = SecondRecorder(tasks: 1)
        recorder.begin(at: origin)
        var samples: [SecondSample] = []
        var events: [(time: UInt64, isEnd: Bool, request: Request)] = []
        for request in requests {
            events.append((request.sent, false, request))
            events.append((request.end, true, request))
        }
        // What begins and ends in the same moment begins first.
        events.sort { ($0.time, $0.isEnd ? 1 : 0) < ($1.time, $1.isEnd ? 1 : 0) }
        for event in events {
            while event.time >= UInt64(samples.count + 1) * second {
                samples.append(recorder.close(users: 1, loop: nil, connections: 1))
            }
            let request = event.request
            if !event.isEnd {
                recorder.start(task: 0, due: origin + request.due, lag: request.sent - request.due)
            } else if request.succeeds {
                recorder.succeed(task: 0, due: origin + request.due, latency: request.latency, firstByte: 0)
            } else {
                recorder.fail(task: 0, kind: .reset, due: origin + request.due, latency: request.latency)
            }
        }
        return samples + [recorder.close(users: 0, loop: nil, connections: 0)]
    }
}

/// Random numbers that are the same at each call of a test.
private struct Congruential {
    var state: UInt64

    mutating func next(_ bound: UInt64) -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 20) % bound
    }
}
