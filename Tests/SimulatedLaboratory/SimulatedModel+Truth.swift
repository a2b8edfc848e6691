import Analysis
import Foundation
import Model
import Synchronization

extension SimulatedModel {
    /// Users at which half of all plateaus break, by simulation of thousands of them.
    package func simulatedLimit() -> Double {
        var (low, high) = (100.0, 1000.0)
        for round in 0..<12 {
            let middle = (low * high).squareRoot()
            if broken(users: Int(middle.rounded()), plateaus: round < 5 ? 24 : 1000) > 0.5 {
                high = middle
            } else {
                low = middle
            }
        }
        return (low * high).squareRoot()
    }

    /// Whether no criterion is met on a fresh plateau.
    package func holds(seed: UInt64, users: Int, seconds: Int) -> Bool {
        let samples = SimulatedStep.plateau(
            of: make(seed), load: Self.load(seed: seed), users: users, settle: settle, hold: seconds)
        return judge(Self.criteria, on: samples, taskNames: ["request"]).allSatisfy { $0.breach == nil }
    }

    /// The share of fresh plateaus that break.
    private func broken(users: Int, plateaus: Int) -> Share {
        let count = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: plateaus) { index in
            let seed = UInt64(index + 1) &* 7_000_003 &+ UInt64(users)
            if !holds(seed: seed, users: users, seconds: Int(Self.plan.hold)) { count.withLock { $0 += 1 } }
        }
        return Double(count.withLock { $0 }) / Double(plateaus)
    }
}
