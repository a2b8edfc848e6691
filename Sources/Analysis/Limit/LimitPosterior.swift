import Foundation

/// The probability of each possible limit given the trials, on a grid.
///
/// The excess of a trial at N users is b·(ln N − μ) plus a normal deviate of standard deviation b·σ: μ is the logarithm of the
/// limit, b the growth of the excess with the users, σ how much the limit differs from plateau to plateau. An excess beyond
/// ±`cap` counts as at least that. One trial in fifty is a matter of chance: it lies beyond either cap, or anywhere between them,
/// about equally often.
struct LimitPosterior {
    /// Logarithms of users, in ascending order at even distances, and the probability of each.
    private let logarithms: [Double]
    private let probabilities: [Double]
    /// σ: its geometric mean.
    let spread: Double
    /// No trial broke, or none held.
    let isOpenAbove: Bool
    let isOpenBelow: Bool

    /// From 0.4 to 1.6 times the threshold the excess of a closed queue is nearly a straight line.
    static let cap = 0.6
    static let chance = 0.02
    private static let points = 160
    /// Growth of the excess: 0.8 where a tenth more users make a twelfth more of it, 48 where the application breaks at once.
    private static let slopes = (0...8).map { 0.8 * pow(60, Double($0) / 8) }
    /// What is held likely of the growth before any trial, log-normal as well. By the interactive response time law the latency of a
    /// full application grows by 1/X with each user, which near the limit makes (Z + T)/T: 5 for 2 s of thought and 500 ms.
    static let usualSlope = (median: 5.0, deviation: 1.2)
    /// Of σ, from 0.4 to 24 %.
    private static let spreads = (0...11).map { 0.004 * pow(60, Double($0) / 11) }
    /// What is held likely of σ before any trial: log-normal with this median, and this deviation of the logarithm. Single
    /// plateaus of 10 s near the limits of simulated queues have 1 to 7 %.
    private static let usualSpread = (median: 0.045, deviation: 1.0)
    /// What is held likely of the limit before any trial: the first trial is held at a prediction, which is wrong by this much (a
    /// standard deviation of the logarithm), and one time in ten by anything.
    private static let prediction = (deviation: 0.25, floor: 0.1)

    init?(_ trials: [(users: Double, excess: Double)], range: ClosedRange<Double>) {
        guard !trials.isEmpty, range.lowerBound > 0 else { return nil }
        let observed = trials.map { (log(max(1e-3, $0.users)), $0.excess) }
        isOpenAbove = trials.allSatisfy { $0.excess <= 0 }
        isOpenBelow = trials.allSatisfy { $0.excess > 0 }
        let coarse = Self.probabilities(observed, from: log(range.lowerBound), to: log(range.upperBound))
        // Once more where the probability lies.
        let step = coarse.logarithms[1] - coarse.logarithms[0]
        let (low, high) = (
            Self.quantile(0.0005, coarse.logarithms, coarse.probabilities),
            Self.quantile(0.9995, coarse.logarithms, coarse.probabilities)
        )
        let fine = Self.probabilities(observed, from: low - 2 * step, to: high + 2 * step)
        (logarithms, probabilities, spread) = (fine.logarithms, fine.probabilities, fine.spread)
    }

    /// - Parameter share: of the probability, that lies below the returned users.
    func users(at share: Double) -> Double { exp(Self.quantile(share, logarithms, probabilities)) }

    private static func probabilities(
        _ trials: [(Double, Double)], from low: Double, to high: Double
    ) -> (logarithms: [Double], probabilities: [Double], spread: Double) {
        let width = max(1e-6, high - low) / Double(points)
        let logarithms = (0..<points).map { low + (Double($0) + 0.5) * width }
        let expected = trials[0].0
        let likely = logarithms.map { limit in
            let distance = (limit - expected) / prediction.deviation
            return prediction.floor + exp(-distance * distance / 2)
        }
        var sums = [Double](repeating: 0, count: points)
        var (spread, total) = (0.0, 0.0)
        for sigma in spreads {
            for slope in slopes {
                let (first, second) = (
                    log(sigma / usualSpread.median) / usualSpread.deviation,
                    log(slope / usualSlope.median) / usualSlope.deviation
                )
                let before = exp(-(first * first + second * second) / 2)
                for (index, limit) in logarithms.enumerated() {
                    let likelihood = trials.reduce(before * likely[index]) {
                        $0 * Self.likelihood(of: $1.1, mean: slope * ($1.0 - limit), deviation: slope * sigma)
                    }
                    sums[index] += likelihood
                    total += likelihood
                    spread += likelihood * log(sigma)
                }
            }
        }
        guard total > 0 else {
            return (logarithms, sums.map { _ in 1 / Double(points) }, usualSpread.median)
        }
        return (logarithms, sums.map { $0 / total }, exp(spread / total))
    }

    /// Of an excess: a probability beyond the caps, a density between them.
    private static func likelihood(of excess: Double, mean: Double, deviation: Double) -> Double {
        if excess >= cap { return (1 - chance) * normal((mean - cap) / deviation) + chance * 0.35 }
        if excess <= -cap { return (1 - chance) * normal((-cap - mean) / deviation) + chance * 0.35 }
        let distance = (excess - mean) / deviation
        let density = exp(-distance * distance / 2) / (deviation * (2 * Double.pi).squareRoot())
        return (1 - chance) * density + chance * 0.3 / (2 * cap)
    }

    /// The standard normal distribution function.
    private static func normal(_ x: Double) -> Double { erfc(-x * 0.5.squareRoot()) / 2 }

    private static func quantile(_ share: Double, _ values: [Double], _ probabilities: [Double]) -> Double {
        let width = values[1] - values[0]
        var below = 0.0
        for (value, probability) in zip(values, probabilities) {
            if probability > 0, below + probability >= share {
                return value - width / 2 + (share - below) / probability * width
            }
            below += probability
        }
        return (values.last ?? 0) + width / 2
    }
}
