import Foundation

/// Latencies with a known distribution.
///
/// Draws follow the additive recurrence of the golden ratio in place of chance: any run of n draws has each quantile within
/// about log(n)/n of the truth, where n draws by chance stray by 1/√n (L. Kuipers, H. Niederreiter, "Uniform Distribution of
/// Sequences", 1974, ch. 2.3). A test of a load generator so needs thousands of requests and not millions.
package struct LatencySource: Sendable, Equatable {
    /// Times in milliseconds.
    package enum Shape: Sendable, Equatable {
        case fixed(Double)
        case uniform(from: Double, to: Double)
        case exponential(mean: Double)
        /// `other` for the share of the requests, `usual` for the rest.
        case twoPoint(usual: Double, other: Double, share: Double)
    }

    package let shape: Shape
    private var draws = 0.0

    package init(_ shape: Shape) { self.shape = shape }

    /// The next latency in nanoseconds.
    package mutating func next() -> UInt64 {
        let milliseconds: Double
        switch shape {
        case .fixed(let time): milliseconds = time
        case .uniform(let from, let to): milliseconds = from + (to - from) * fraction()
        case .exponential(let mean): milliseconds = -mean * log(1 - fraction())
        case .twoPoint(let usual, let other, let share): milliseconds = fraction() < share ? other : usual
        }
        return UInt64(max(0, milliseconds) * 1e6)
    }

    private mutating func fraction() -> Double { GoldenSequence.fraction(&draws) }
}

/// Numbers spread evenly over [0, 1), each draw in the widest gap that the draws before have left.
enum GoldenSequence {
    static func fraction(_ draws: inout Double) -> Double {
        draws += 1
        // Above 2^40 draws the fraction would lose digits: begin anew.
        if draws > 1e9 { draws = 1 }
        return (draws * 0.618_033_988_749_894_9).truncatingRemainder(dividingBy: 1)
    }
}
