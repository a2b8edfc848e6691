import Analysis
import Foundation
package import Model
import Synchronization

/// How often two simulated applications are told apart by their limits.
package struct PairScore: Sendable {
    /// Pairs whose first and second were called different.
    package let differing: Share

    /// - Parameters:
    ///   - capacity: of the second, as a multiple of the first's.
    ///   - repeats: searches of each.
    package init(pairs: Int, capacity: Double, repeats: Int) {
        let count = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: pairs) { index in
            func figures(_ side: Int, rate: Double) -> [Figure] {
                (0..<repeats).compactMap { turn in
                    let seed = UInt64(((index * 2 + side) * 10 + turn) + 1) &* 1_000_003
                    let search = SimulatedSearch(
                        of: QueueApplication(seed: seed) { $0.rate = rate }, load: SimulatedModel.load(seed: seed),
                        criteria: SimulatedModel.criteria)
                    var figure = search.answer.figure
                    // As on a machine whose speed was measured and did not move.
                    figure?.allowance = RunSpread.ofEstimate(speeds: [1, 1])
                    return figure
                }
            }
            let (a, b) = (figures(0, rate: 200), figures(1, rate: 200 * capacity))
            guard let effect = Effect(Quantity(.limit), of: b, against: a, family: 1, inTurns: true) else { return }
            if effect.verdict != .noDifferenceShown { count.withLock { $0 += 1 } }
        }
        differing = Double(count.withLock { $0 }) / Double(pairs)
    }
}
