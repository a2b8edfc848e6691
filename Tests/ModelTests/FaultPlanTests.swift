import Model
import TestSupport
import Testing

/// Which parts are meant, and when.
@Suite(.timed) struct FaultPlanTests {
    private static let replicas = (1...8).map { "store-\($0)" }

    private static func random(_ at: Seconds, _ action: FaultAction, for duration: Seconds? = nil) -> Fault {
        Fault(at: at, duration: duration, target: .randomReplica, action: action)
    }

    private static let faults = [
        random(5, .kill), Fault(at: 6, target: .part("redis"), action: .kill), random(10, .kill),
        random(12, .pause, for: 10), random(14, .pause, for: 10), random(20, .start), random(30, .start),
        random(40, .throttle(cores: 0.1)),
    ]

    @Test func theSameSeedGivesTheSameFaultsAtTheSameInstants() {
        let plans = (0..<20).map { _ in FaultPlan(Self.faults, replicas: Self.replicas, seed: 42) }
        #expect(Set(plans.map { $0.entries.map(\.part) }).count == 1)
        #expect(plans.allSatisfy { $0 == plans[0] && $0.undrawn.isEmpty })
        #expect(plans[0].entries.map(\.fault.at) == Self.faults.map(\.at))
        #expect(
            plans[0].parts.allSatisfy { part in plans.allSatisfy { $0.moments(of: part) == plans[0].moments(of: part) }
            })
    }

    @Test func otherSeedsDrawOtherReplicasAndEachAboutAsOften() {
        let drawn = (0..<800).compactMap {
            FaultPlan([Self.random(5, .kill)], replicas: Self.replicas, seed: $0).entries.first?.part
        }
        let counts = Dictionary(grouping: drawn, by: \.self).mapValues(\.count)
        // 100 each; beyond 60 to 140 one seed series in a hundred thousand would come.
        #expect(counts.count == 8 && counts.values.allSatisfy { (60...140).contains($0) }, "\(counts)")
    }

    @Test(arguments: 0..<50) func aDrawMakesSense(seed: Int) {
        let plan = FaultPlan(Self.faults, replicas: Self.replicas, seed: UInt64(seed))
        let parts = plan.entries.map(\.part)
        // Two that were killed are two, and are those that are started.
        #expect(parts[0] != parts[2] && Set([parts[5], parts[6]]) == [parts[0], parts[2]])
        // One that is dead cannot be paused, and nobody twice at a time.
        #expect(Set([parts[0], parts[2], parts[3], parts[4]]).count == 4)
    }

    @Test func oneThatIsNamedIsNotDrawn() {
        let faults = [Self.random(5, .kill), Fault(at: 9, target: .part("store-1"), action: .kill)]
        for seed in 0..<20 {
            let plan = FaultPlan(faults, replicas: ["store-1", "store-2"], seed: UInt64(seed))
            #expect(plan.entries.map(\.part) == ["store-2", "store-1"])
        }
        let none = FaultPlan(faults, replicas: ["store-1"], seed: 1)
        #expect(none.undrawn == [0] && none.entries.map(\.index) == [1])
    }

    @Test func anEndComesBeforeABeginningOfTheSameInstant() {
        func pause(_ at: Seconds, _ duration: Seconds?) -> Fault {
            Fault(at: at, duration: duration, target: .part("redis"), action: .pause)
        }
        let other = Fault(at: 3, duration: 9, target: .part("redis"), action: .throttle(cores: 0.1))
        let plan = FaultPlan([pause(1, 4), other, pause(5, nil)], replicas: [], seed: 1)
        #expect(plan.moments(of: "redis").map(\.at) == [1, 3, 5, 5, 12])
        #expect(plan.moments(of: "redis").map(\.entry.index) == [0, 1, 0, 2, 1])
        #expect(plan.moments(of: "redis").map(\.isEnd) == [false, false, true, false, true])
        #expect(plan.moments(of: "mysql") == [])
    }

    @Test func whatMakesNoSenseIsNamed() {
        func fault(_ at: Seconds, _ action: FaultAction, _ duration: Seconds? = nil) -> Fault {
            Fault(at: at, duration: duration, target: .part("redis"), action: action)
        }
        let paused = FaultPlan([fault(1, .pause, 4)], replicas: [], seed: 1)
        #expect(paused.obstacle(to: fault(4.9, .pause, 1), on: "redis") == .inForce(paused.entries[0]))
        #expect(paused.obstacle(to: fault(4.9, .kill), on: "redis") == .inForce(paused.entries[0]))
        #expect(paused.obstacle(to: fault(4.9, .cut), on: "redis") == nil)
        #expect(paused.obstacle(to: fault(5, .pause), on: "redis") == nil)
        #expect(paused.obstacle(to: fault(4.9, .pause), on: "mysql") == nil)
        #expect(paused.obstacle(to: fault(9, .start), on: "redis") == .alive)
        let dead = FaultPlan([fault(1, .kill)], replicas: [], seed: 1)
        #expect(dead.obstacle(to: fault(9, .cut), on: "redis") == .dead(dead.entries[0]))
        #expect(dead.obstacle(to: fault(9, .start), on: "redis") == nil)
        let started = FaultPlan([fault(1, .kill), fault(2, .start)], replicas: [], seed: 1)
        #expect(started.obstacle(to: fault(3, .start), on: "redis") == .alive)
        #expect(started.obstacle(to: fault(3, .kill), on: "redis") == nil)
    }
}
