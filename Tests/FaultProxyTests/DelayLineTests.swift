import FaultProxy
import Model
import TestSupport
import Testing

/// In virtual time.
@Suite(.timed) struct DelayLineTests {
    private static func add(_ text: String, to line: inout DelayLine, due: UInt64) {
        Array(text.utf8).withUnsafeBytes { line.add($0, due: due) }
    }

    private static func first(_ line: DelayLine) -> String? {
        line.withFirst { String(decoding: $0, as: UTF8.self) }
    }

    @Test func noChunkOvertakesAndNoneIsLaterThanTheLongestDelay() {
        let delay = Interference.Delay(from: 50, to: 80)
        var (line, draws) = (DelayLine(), RandomSource(seed: 7, part: "mysql"))
        var dues: [UInt64] = []
        for now in 0..<UInt64(2_000) {
            Self.add("\(now),", to: &line, due: now + delay.draw(&draws))
        }
        var text = ""
        while let due = line.due {
            let number = UInt64(dues.count)
            #expect(due >= number + 50 && due <= number + 80)
            dues.append(due)
            text += Self.first(line) ?? ""
            line.remove(Self.first(line)?.utf8.count ?? 0)
        }
        #expect(dues == dues.sorted())
        #expect(text == (0..<2_000).map { "\($0)," }.joined())
        #expect(line.isEmpty && line.count == 0 && line.weight == 0)
    }

    @Test func aChunkThatIsPartlySentStaysFirst() {
        var line = DelayLine()
        Self.add("abc", to: &line, due: 3)
        Self.add("def", to: &line, due: 1)
        line.remove(2)
        #expect(Self.first(line) == "c")
        line.remove(1)
        #expect(Self.first(line) == "def")
        #expect(line.due == 3)
        #expect(line.count == 3)
    }

    @Test func theEndComesLast() {
        var line = DelayLine()
        Self.add("a", to: &line, due: 9)
        line.end(due: 4)
        #expect(!line.isAtEnd)
        line.remove(1)
        #expect(line.isAtEnd && !line.isEmpty)
        #expect(line.due == 9)
        line.removeEnd()
        #expect(line.isEmpty && line.due == nil)
    }

    @Test func whatIsReleasedIsDueAtOnce() {
        var line = DelayLine()
        Self.add("a", to: &line, due: 900)
        line.end(due: 950)
        line.release()
        #expect(line.due == 0)
        line.remove(1)
        #expect(line.due == 0)
    }

    @Test func theSameSeedDrawsTheSameDelays() {
        let delay = Interference.Delay(from: 1_000, to: 9_000)
        func draws(_ seed: UInt64, _ part: String) -> [UInt64] {
            var source = RandomSource(seed: seed, part: part)
            return (0..<500).map { _ in delay.draw(&source) }
        }
        #expect(draws(1, "mysql") == draws(1, "mysql"))
        #expect(draws(1, "mysql") != draws(2, "mysql"))
        #expect(draws(1, "mysql") != draws(1, "redis"))
        let all = draws(1, "mysql")
        #expect(all.allSatisfy { (1_000...9_000).contains($0) })
        #expect((4_500...5_500).contains(all.reduce(0, +) / 500))
    }

    @Test func wakersComeInTheOrderOfTheirTimes() {
        var (times, source) = (WakeTimes<UInt64>(), RandomSource(seed: 3, part: ""))
        for _ in 0..<1_000 {
            let time = source.below(500)
            times.add(time, at: time)
        }
        var woken: [UInt64] = []
        for now in 0..<UInt64(500) {
            while let who = times.popDue(at: now) {
                #expect(who == now)
                woken.append(who)
            }
        }
        #expect(woken.count == 1_000)
        #expect(times.first == nil)
    }

    @Test func percentilesAreByNearestRankWithinASixteenth() throws {
        var times = PassageTimes()
        #expect(times.percentile(50) == nil)
        for value in 1...1_000 { times.add(UInt64(value) * 1_000) }
        for (rank, exact) in [(50.0, 500e-6), (99, 990e-6), (100, 1_000e-6)] {
            let found = try #require(times.percentile(rank))
            #expect(found >= exact && found <= exact * 17 / 16)
        }
    }

    @Test func theFaultsOfOnePartAreOneOfEachKind() throws {
        var faults = Interference()
        try faults.begin(.slow(from: 0.05, to: 0.08))
        try faults.begin(.bandwidth(bytesPerSecond: 1_000))
        try faults.begin(.slow(from: 0.01, to: 0.02))
        #expect(faults.delay == Interference.Delay(from: 10_000_000, to: 20_000_000))
        try faults.end(.slow(from: 0.05, to: 0.08))
        #expect(faults.delay == nil && faults.bytesPerSecond == 1_000 && !faults.isNone)
        try faults.end(.bandwidth(bytesPerSecond: 1))
        #expect(faults.isNone)
        #expect(throws: (any Error).self) { try faults.begin(.kill) }
        #expect(throws: (any Error).self) { try faults.begin(.slow(from: 0.2, to: 0.1)) }
        #expect(throws: (any Error).self) { try faults.begin(.bandwidth(bytesPerSecond: 0)) }
        #expect(faults.isNone)
    }
}
