import LoadGenerator
import Model
import TestSupport
import Testing

@Suite(.timed) struct RateScheduleTests {
    private static let began: UInt64 = 5_000_000_000

    @Test(arguments: [0.0, 100, 400])
    func timeIsTheInverseOfExpected(from: Double) throws {
        let schedule = RateSchedule(from: from, goal: 200, over: 10, began: Self.began, base: 50)
        var last: UInt64 = 0
        for arrival in stride(from: 51.0, through: 6000, by: 37) {
            let time = try #require(schedule.time(reaching: arrival))
            #expect(abs(schedule.expected(at: time) - arrival) < 1e-4)
            #expect(time > last)
            last = time
        }
    }

    @Test func aRampHasTheAreaOfItsTriangle() {
        let schedule = RateSchedule(goal: 200, over: 10, began: Self.began)
        #expect(schedule.expected(at: Self.began) == 0)
        #expect(schedule.expected(at: Self.began + 10_000_000_000) == 1000)
        #expect(schedule.rate(at: Self.began + 5_000_000_000) == 100)
        #expect(schedule.expected(at: Self.began + 12_000_000_000) == 1400)
    }

    @Test func aScheduleGoesOnWhereTheOneBeforeWas() {
        let first = RateSchedule(goal: 100, over: 4, began: Self.began)
        let turn = Self.began + 2_000_000_000
        let second = first.moving(to: 0, over: 2, at: turn)
        #expect(second.expected(at: turn) == first.expected(at: turn))
        #expect(second.rate(at: turn) == 50)
        #expect(second.expected(at: turn + 100_000_000_000) == 100)
        #expect(second.time(reaching: 101) == nil)
    }

    @Test func constantArrivalsStandAtEvenDistances() {
        let schedule = RateSchedule(goal: 500, over: 0, began: Self.began)
        var marks = ArrivalMarks(law: .constant, seed: 1)
        for number in 0..<100 {
            #expect(schedule.time(reaching: marks.mark) == Self.began + UInt64(number) * 2_000_000)
            marks.advance()
        }
    }

    /// Distances of a Poisson process have mean and standard deviation 1 (within four standard errors), and one seed
    /// gives one process.
    @Test func randomArrivalsAreAPoissonProcess() {
        let count = 40_000
        func distances(seed: UInt64) -> [Double] {
            var marks = ArrivalMarks(law: .poisson, seed: seed)
            return (0..<count).map { _ in
                let before = marks.mark
                marks.advance()
                return marks.mark - before
            }
        }
        let drawn = distances(seed: 7)
        let mean = drawn.reduce(0, +) / Double(count)
        let variance = drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        #expect(abs(mean - 1) < 4 / Double(count).squareRoot())
        #expect(abs(variance - 1) < 4 * 8.0.squareRoot() / Double(count).squareRoot())
        #expect(drawn == distances(seed: 7))
        #expect(drawn != distances(seed: 8))
    }
}
