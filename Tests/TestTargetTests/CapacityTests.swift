import TestSupport
import TestTarget
import Testing

@Suite(.timed) struct CapacityTests {
    @Test(arguments: [200.0, 1000, 5000]) func aQueueAnswersExactlySoManyPerSecond(rate: Double) {
        var capacity = Capacity(rate: rate, excess: .wait)
        // Twice as many as it bears, for ten seconds.
        let count = Int(rate * 20)
        let answers = (0..<count).map { index -> UInt64 in
            guard case .answer(let time) = capacity.admit(at: UInt64(Double(index) * 1e9 / (2 * rate))) else {
                return 0
            }
            return time
        }
        let inTime = answers.filter { $0 <= 10_000_000_000 }
        #expect(abs(Double(inTime.count) - rate * 10) <= 1)
        // The last one has waited for half of all the work.
        #expect(abs(Double(answers[count - 1]) - 20e9) < 1e6)
    }

    @Test func anIdleQueueAnswersAfterOneServiceTime() {
        var capacity = Capacity(rate: 100, excess: .wait)
        #expect(capacity.admit(at: 5_000_000_000) == .answer(at: 5_010_000_000))
        #expect(capacity.admit(at: 9_000_000_000) == .answer(at: 9_010_000_000))
    }

    @Test func aRandomQueueTakesExponentialTimes() {
        var capacity = Capacity(rate: 200, excess: .waitAtRandom)
        var ends = [0.0]
        for _ in 0..<20_000 {
            guard case .answer(let time) = capacity.admit(at: 0) else { continue }
            ends.append(Double(time) / 1e9)
        }
        let times = zip(ends.dropFirst(), ends).map { $0 - $1 }
        #expect(times.count == 20_000)
        let mean = times.reduce(0, +) / 20_000
        #expect(abs(mean * 200 - 1) < 0.05)
        // More than twice the mean in e⁻² of the cases.
        #expect(abs(Double(times.count { $0 > 2 / 200.0 }) / 20_000 - 0.1353) < 0.015)
    }

    @Test(arguments: [0.0, 0.1, 1]) func whatIsTooMuchIsRefused(allowance: Double) {
        var capacity = Capacity(rate: 1000, excess: .refuse(allowance: allowance))
        let accepted = (0..<20_000).count {
            capacity.admit(at: 1_000_000_000 + UInt64($0) * 500_000) != .refused
        }
        #expect(abs(Double(accepted) - 10_000 - allowance * 1000) <= 2)
    }

    @Test func nothingIsRefusedAtTheRateItself() {
        var capacity = Capacity(rate: 1000, excess: .refuse(allowance: 0))
        #expect(
            (0..<5000).allSatisfy { capacity.admit(at: UInt64($0) * 1_000_000) == .answer(at: UInt64($0) * 1_000_000) })
    }
}

@Suite(.timed) struct LatencySourceTests {
    private static func sorted(_ shape: LatencySource.Shape, _ count: Int) -> [Double] {
        var source = LatencySource(shape)
        return (0..<count).map { _ in Double(source.next()) / 1e6 }.sorted()
    }

    @Test func uniformQuantilesAreTheTruth() {
        let values = Self.sorted(.uniform(from: 1, to: 100), 2000)
        for share in [0.5, 0.9, 0.99, 0.999] {
            #expect(abs(values[Int(share * 2000) - 1] - (1 + 99 * share)) < 0.3)
        }
    }

    @Test func twoPointsComeInTheirShares() {
        let values = Self.sorted(.twoPoint(usual: 2, other: 200, share: 0.01), 10_000)
        #expect(abs(values.count { $0 == 200 } - 100) <= 2)
        #expect(values.allSatisfy { $0 == 2 || $0 == 200 })
    }

    @Test func exponentialMeanAndMedian() {
        let values = Self.sorted(.exponential(mean: 20), 10_000)
        #expect(abs(values.reduce(0, +) / 10_000 - 20) < 0.1)
        #expect(abs(values[5000] - 13.863) < 0.05)
    }
}

@Suite(.timed) struct WindowTests {
    @Test func aWindowComesOnceOrAgain() {
        let once = Window(after: 100, length: 10)
        #expect([99, 100, 109, 110, 1105].map { once.end(covering: $0) } == [nil, 110, 110, nil, nil])
        let again = Window(after: 100, length: 10, period: 50)
        #expect([99, 100, 149, 150, 159, 160].map { again.end(covering: $0) } == [nil, 110, nil, 160, 160, nil])
    }
}
