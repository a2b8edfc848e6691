import Foundation

/// A quantity that was measured several times: its mean with a confidence interval, by the spread of the runs alone
/// (Student, Biometrika 6, 1908). Geometric for ratios; of a share, within 0 and 1.
package struct Repeated: Sendable, Equatable {
    package var mean: Double
    package var lower: Double
    package var upper: Double

    /// - Returns: nil for fewer than two, where one is only a bound, and where all are the same: that shows no spread.
    package init?(_ quantity: Quantity, _ figures: [Figure]) {
        guard figures.count >= 2, figures.allSatisfy({ $0.bound == .exact && (!quantity.isRatio || $0.value > 0) })
        else { return nil }
        let values = figures.map { quantity.isRatio ? log($0.value) : $0.value }
        let count = Double(values.count)
        let middle = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / (count - 1)
        guard variance > 0 else { return nil }
        let reach =
            (variance / count).squareRoot() * Student.quantile(tails: 1 - Effect.confidence, freedom: count - 1)
        let back: (Double) -> Double = quantity.isRatio ? { exp($0) } : { $0 }
        mean = back(middle)
        lower = quantity.isRatio ? back(middle - reach) : max(0, middle - reach)
        upper = quantity.isRatio ? back(middle + reach) : min(1, middle + reach)
    }
}
