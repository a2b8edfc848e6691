import LoadGenerator
import TestSupport
import Testing

@Suite(.timed) struct RampTests {
    let second: UInt64 = 1_000_000_000

    @Test func usersComeOneByOneAtDueTimes() {
        let ramp = Ramp(from: 0, goal: 100, ratePerSecond: 4, began: 10 * second)
        #expect(ramp.users(at: 10 * second - 1) == 0)
        #expect(ramp.users(at: 10 * second) == 1)
        #expect(ramp.users(at: 10 * second + second / 4 - 1) == 1)
        #expect(ramp.users(at: 10 * second + second / 4) == 2)
        #expect(ramp.users(at: 34 * second + 3 * second / 4) == 100)
        #expect(ramp.users(at: 1000 * second) == 100)
        #expect(ramp.due(user: 0) == 10 * second)
        #expect(ramp.due(user: 99) == 34 * second + 3 * second / 4)
        #expect(ramp.nextChange(after: 1000 * second) == nil)
    }

    @Test(arguments: [0.3, 1, 3, 7, 33.3, 1000, 12_345.678, 3e6])
    func everyDueTimeAddsExactlyOneUser(rate: Double) {
        let ramp = Ramp(from: 5, goal: 505, ratePerSecond: rate, began: 123_456_789)
        var time: UInt64 = 0
        var users = 5
        while let next = ramp.nextChange(after: time) {
            #expect(next > time)
            time = next
            #expect(ramp.users(at: time - 1) == users)
            users += 1
            #expect(ramp.users(at: time) == users)
            #expect(ramp.due(user: users - 1) == time)
        }
        #expect(users == 505)
    }

    @Test func usersLeaveAtTheSameRate() {
        let ramp = Ramp(from: 10, goal: 7, ratePerSecond: 1, began: 0)
        #expect(ramp.users(at: 0) == 9)
        #expect(ramp.users(at: 2 * second) == 7)
        #expect(ramp.nextChange(after: 2 * second) == nil)
    }

    @Test(arguments: [Double.infinity, 0, -1, .nan])
    func withoutRateAllComeAtOnce(rate: Double) {
        let ramp = Ramp(from: 3, goal: 1000, ratePerSecond: rate, began: 5)
        #expect(ramp.users(at: 4) == 3)
        #expect(ramp.users(at: 5) == 1000)
        #expect(ramp.nextChange(after: 5) == nil)
        #expect(ramp.due(user: 999) == 5)
    }

    @Test func nothingToDo() {
        let ramp = Ramp(from: 3, goal: 3, ratePerSecond: 1, began: 5)
        #expect(ramp.users(at: 1_000_000) == 3)
        #expect(ramp.nextChange(after: 0) == nil)
    }
}

@Suite(.timed) struct TimerWheelTests {
    private func drain(_ wheel: inout TimerWheel, at tick: Int) -> [Int] {
        var fired: [Int] = []
        while let id = wheel.popDue(at: tick) { fired.append(id) }
        return fired
    }

    @Test func timersFireWhenDueAndOnce() {
        var wheel = TimerWheel(slotBits: 6)
        wheel.arm(0, at: 3)
        wheel.arm(1, at: 1)
        wheel.arm(2, at: 1000)
        #expect(drain(&wheel, at: 0) == [])
        #expect(wheel.nextWake() == 1)
        #expect(drain(&wheel, at: 3) == [1, 0])
        #expect(drain(&wheel, at: 999) == [])
        #expect(drain(&wheel, at: 1000) == [2])
        #expect(wheel.nextWake() == nil)
    }

    @Test func armingAgainMoves() {
        var wheel = TimerWheel(slotBits: 6)
        wheel.arm(7, at: 10)
        wheel.arm(7, at: 20)
        #expect(wheel.count == 1)
        #expect(drain(&wheel, at: 19) == [])
        #expect(drain(&wheel, at: 20) == [7])
        wheel.arm(7, at: 30)
        wheel.disarm(7)
        #expect(!wheel.isArmed(7))
        #expect(drain(&wheel, at: 40) == [])
    }

    @Test func aTickThatHasPassedFiresNext() {
        var wheel = TimerWheel(slotBits: 6)
        #expect(drain(&wheel, at: 500) == [])
        wheel.arm(1, at: 3)
        #expect(drain(&wheel, at: 500) == [1])
    }

    @Test func afterALongPauseEveryTimerThatIsDueFires() {
        var wheel = TimerWheel(slotBits: 6)
        for id in 0..<1000 { wheel.arm(id, at: id) }
        #expect(Set(drain(&wheel, at: 900)) == Set(0...900))
        #expect(drain(&wheel, at: 999).count == 99)
    }

    /// The wheel against the simplest thing that does the same.
    @Test func agreesWithASortedList() {
        var random = RandomSource(state: 1)
        var wheel = TimerWheel(slotBits: 7)
        var model: [Int: Int] = [:]
        var now = 0
        for _ in 0..<20_000 {
            switch random.below(4) {
            case 0, 1:
                let id = Int(random.below(200))
                let due = now + 1 + Int(random.below(400))
                wheel.arm(id, at: due)
                model[id] = due
            case 2:
                let id = Int(random.below(200))
                wheel.disarm(id)
                model[id] = nil
            default:
                now += Int(random.below(30))
                let expected = model.filter { $0.value <= now }.keys.sorted()
                #expect(drain(&wheel, at: now).sorted() == expected)
                for id in expected { model[id] = nil }
                let wake = wheel.nextWake()
                #expect((wake == nil) == model.isEmpty)
                if let wake, let first = model.values.min() { #expect(wake > now && wake <= first) }
            }
            #expect(wheel.count == model.count)
        }
    }
}
