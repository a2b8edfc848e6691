import Foundation

/// The probability of each possible limit given the trials, on a grid.
///
/// Each plateau has a limit of its own, whose logarithm is normal about μ, that of the limit, with standard deviation σ. At d
/// logarithms above it, a trial's excess is b·d; at d below it, r·b·d: a latency bends upwards where the application gets full
/// (a line of two pieces: D. V. Hinkley, "Inference about the intersection in two-phase regression", Biometrika 56, 1969). An
/// excess beyond the caps counts as at least that. One trial in a hundred is a matter of chance: it lies beyond either cap, or
/// anywhere between them, about equally often.
package struct LimitPosterior {
    /// Logarithms of users, in ascending order at even distances, and the probability of each.
    private let grid: Grid
    /// No trial broke, or none held.
    let isOpenAbove: Bool
    let isOpenBelow: Bool

    /// σ: its geometric mean.
    var spread: Double { grid.spread }

    /// Below this excess a trial counts by its side only: far below its limit an application is not full, and follows other laws.
    static let below = 0.6
    /// Above it as well, in multiples of the growth by law: a fifth more users than the limit.
    private static let above = 0.2
    /// By how much the excess of a latency grows with the logarithm of the users: see `Criterion.growth`.
    package static let latencyGrowth = 5.0
    private static let chance = 0.01
    /// b, in multiples of the growth by law: from where a tenth more users make a twelfth more latency to where an application
    /// breaks at once. What is held likely of it before any trial is log-normal about 1.
    private static let slopes = (0...8).map { 0.16 * pow(60, Double($0) / 8) }
    private static let slopeDeviation = 1.2
    /// r, and what is held likely of it before any trial. Pauses make it small: they alone account for most of the threshold.
    private static let bends = [(ratio: 1.0, weight: 2.0), (0.5, 1), (0.25, 1)]
    /// σ, from 0.5 to 24 %.
    private static let spreads = (0...8).map { 0.005 * pow(48, Double($0) / 8) }
    /// What is held likely of σ before any trial: log-normal with this median, and this deviation of the logarithm. Single
    /// plateaus of 10 s near the limits of simulated queues have 1 to 7 %.
    private static let usualSpread = (median: 0.035, deviation: 0.8)
    /// What is held likely of the limit before any trial: the first trial is held at a prediction, which is wrong by this much (a
    /// standard deviation of the logarithm), and one time in ten by anything.
    private static let prediction = (deviation: 0.25, floor: 0.1)
    private static let points = (coarse: 64, fine: 120)

    private struct Grid {
        var logarithms: [Double]
        var probabilities: [Double]
        var spread: Double
    }

    /// - Parameter growth: of the excess with the logarithm of the users, by law.
    init?(_ trials: [(users: Double, excess: Double)], growth: Double, range: ClosedRange<Double>) {
        guard !trials.isEmpty, range.lowerBound > 0 else { return nil }
        let observed = trials.map { (users: log(max(1e-3, $0.users)), excess: $0.excess / growth) }
        isOpenAbove = trials.allSatisfy { $0.excess <= 0 }
        isOpenBelow = trials.allSatisfy { $0.excess > 0 }
        let coarse = Self.grid(
            observed, below: Self.below / growth, from: log(range.lowerBound), to: log(range.upperBound),
            points: Self.points.coarse)
        // Once more where the probability lies.
        let step = coarse.logarithms[1] - coarse.logarithms[0]
        grid = Self.grid(
            observed, below: Self.below / growth, from: Self.quantile(0.0005, coarse) - 2 * step,
            to: Self.quantile(0.9995, coarse) + 2 * step, points: Self.points.fine)
    }

    /// - Parameter share: of the probability, that lies below the returned users.
    func users(at share: Double) -> Double { exp(Self.quantile(share, grid)) }

    /// What a trial says of its own limit, as a logarithm, if b and r are known.
    private enum Mark {
        /// The limit is no more than this.
        case atMost(Double)
        case atLeast(Double)
        case at(Double, slope: Double)
    }

    /// - Parameters:
    ///   - trials: logarithms of users, and excesses in multiples of the growth by law.
    ///   - below: the lower cap, as such a multiple.
    private static func grid(
        _ trials: [(users: Double, excess: Double)], below: Double, from low: Double, to high: Double, points: Int
    ) -> Grid {
        let width = max(1e-6, high - low) / Double(points)
        let logarithms = (0..<points).map { low + (Double($0) + 0.5) * width }
        let expected = trials[0].users
        let likely = logarithms.map { limit in
            let distance = (limit - expected) / prediction.deviation
            return prediction.floor + exp(-distance * distance / 2)
        }
        let byChance = (outside: chance * 0.35, between: chance * 0.3 / (above + below))
        var sums = [Double](repeating: 0, count: points)
        var (spread, total) = (0.0, 0.0)
        for (bend, weight) in bends {
            for slope in slopes {
                let marks = trials.map { trial -> Mark in
                    if trial.excess >= above { return .atMost(trial.users - above / slope) }
                    if trial.excess <= -below { return .atLeast(trial.users + below / (slope * bend)) }
                    let own = trial.excess > 0 ? slope : slope * bend
                    return .at(trial.users - trial.excess / own, slope: own)
                }
                let steep = log(slope) / slopeDeviation
                for sigma in spreads {
                    let wide = log(sigma / usualSpread.median) / usualSpread.deviation
                    let before = exp(-(steep * steep + wide * wide) / 2) * weight
                    // What the grid cannot resolve.
                    let deviation = max(sigma, width * 0.5)
                    var sum = 0.0
                    for (index, limit) in logarithms.enumerated() {
                        let likelihood = marks.reduce(before * likely[index]) {
                            $0 * Self.likelihood(of: $1, limit: limit, deviation: deviation, byChance: byChance)
                        }
                        sums[index] += likelihood
                        sum += likelihood
                    }
                    total += sum
                    spread += sum * log(sigma)
                }
            }
        }
        guard total > 0 else {
            return Grid(
                logarithms: logarithms, probabilities: sums.map { _ in 1 / Double(points) }, spread: usualSpread.median)
        }
        return Grid(logarithms: logarithms, probabilities: sums.map { $0 / total }, spread: exp(spread / total))
    }

    /// A probability where a trial tells a side, a density where it tells a place.
    private static func likelihood(
        of mark: Mark, limit: Double, deviation: Double, byChance: (outside: Double, between: Double)
    ) -> Double {
        switch mark {
        case .atMost(let most): return (1 - chance) * normal((most - limit) / deviation) + byChance.outside
        case .atLeast(let least): return (1 - chance) * normal((limit - least) / deviation) + byChance.outside
        case .at(let place, let slope):
            let distance = (place - limit) / deviation
            let density = exp(-distance * distance / 2) / (deviation * slope * (2 * Double.pi).squareRoot())
            return (1 - chance) * density + byChance.between
        }
    }

    /// The standard normal distribution function.
    private static func normal(_ x: Double) -> Double { erfc(-x * 0.5.squareRoot()) / 2 }

    private static func quantile(_ share: Double, _ grid: Grid) -> Double {
        let width = grid.logarithms[1] - grid.logarithms[0]
        var below = 0.0
        for (value, probability) in zip(grid.logarithms, grid.probabilities) {
            if probability > 0, below + probability >= share {
                return value - width / 2 + (share - below) / probability * width
            }
            below += probability
        }
        return (grid.logarithms.last ?? 0) + width / 2
    }
}
