import Foundation

/// How far a quantity of B lies from the same of A, with a confidence interval.
///
/// On the scale of logarithms for ratios. Where a side was measured several times, their spread decides: the pooled
/// two-sample interval of Student (1908). The times of one run stand close together and are alike for that; so where the
/// sides are of two runs, an allowance for the drift from one to the other is added, which only sides that took turns in
/// one run do without. With one measurement each, an interval is made of the standard errors within them and of their
/// allowances for the spread between them. Degrees of freedom are Welch's (B. L. Welch, Biometrika 34, 1947). Of several
/// quantities that are compared at once, each has an interval so much wider that all of them together hold with 95 %
/// (O. J. Dunn, JASA 56, 1961). A difference of shares keeps to what is possible: see `ShareDifference`.
package struct Effect: Sendable, Equatable {
    package enum Verdict: Sendable, Equatable {
        case better, worse
        /// Of what is used, where neither is better.
        case more, less
        /// The interval holds the same value for both.
        case noDifferenceShown
    }

    /// Means over the runs: geometric for ratios.
    package var a: Double
    package var b: Double
    /// Whether each of them is what was measured, or only known to be above or below.
    package var boundOfA: Figure.Bound
    package var boundOfB: Figure.Bound
    /// B / A, or B − A.
    package var estimate: Double
    /// nil: not bounded by what was measured.
    package var lower: Double?
    package var upper: Double?
    package var verdict: Verdict
    /// The spread between measurements was measured, not only allowed for.
    package var isRepeated: Bool

    /// What each side's part was given; nil where it had no quota.
    package var quotas: (a: Figure.Quota?, b: Figure.Quota?) { (quotaA, quotaB) }
    private var quotaA: Figure.Quota?
    private var quotaB: Figure.Quota?
    /// The limits, in cores, that stopped both all along; nil where one of them was not.
    package var heldAt: (a: Double, b: Double)? {
        guard let quotaA, let quotaB, quotaA.isHeld, quotaB.isHeld else { return nil }
        return (quotaA.cores, quotaB.cores)
    }

    /// An interval as wide as this would leave out 1 where B is a fifth less than A.
    package var showsAFifth: Bool
    /// How often each side would have to be measured, in turns in one run, for an interval that leaves out 1 where B is a
    /// fifth less than A, at the spread of these; nil where it was not measured, or is compared by what is added. At least 2.
    package var repeatsForAFifth: Int?

    package static let confidence = 0.95

    /// - Parameters:
    ///   - a: of each run; at least one.
    ///   - b: of each run; at least one.
    ///   - family: how many quantities are compared at once.
    ///   - inTurns: both were measured in one run, in turns.
    package init?(_ quantity: Quantity, of b: [Figure], against a: [Figure], family: Int, inTurns: Bool = false) {
        guard !a.isEmpty, !b.isEmpty, !quantity.isRatio || (a + b).allSatisfy({ $0.value > 0 }) else { return nil }
        let scale: (Double) -> Double = quantity.isRatio ? { log($0) } : { $0 }
        let back: (Double) -> Double = quantity.isRatio ? { exp($0) } : { $0 }
        let (first, second) = (Sample(a, scale), Sample(b, scale))
        isRepeated = a.count + b.count > 2
        (quotaA, quotaB) = (a.quota, b.quota)
        boundOfA = a.lazy.map(\.bound).first { $0 != .exact } ?? .exact
        boundOfB = b.lazy.map(\.bound).first { $0 != .exact } ?? .exact
        let error = isRepeated ? Self.repeated(first, second, drifts: !inTurns) : Self.single(a[0], b[0])
        let tails = (1 - Self.confidence) / Double(max(1, family))
        let quantile = Student.quantile(tails: tails, freedom: error.freedom)
        let reach = error.size * quantile
        showsAFifth = quantity.isRatio && reach < log(1 / Self.fifthLess)
        if isRepeated, quantity.isRatio, (a + b).allSatisfy({ $0.bound == .exact }) {
            let spread =
                Self.repeated(first, second, drifts: false).size / (1 / first.count + 1 / second.count).squareRoot()
            repeatsForAFifth = (2...Self.mostRepeats).first { count in
                let quantile = Student.quantile(tails: tails, freedom: Double(2 * count - 2))
                return spread * (2 / Double(count)).squareRoot() * quantile < log(1 / Self.fifthLess)
            }
        }
        let difference = second.mean - first.mean
        self.a = back(first.mean)
        self.b = back(second.mean)
        estimate = back(difference)
        let isBelow = a.contains { $0.bound == .atLeast } || b.contains { $0.bound == .atMost }
        let isAbove = a.contains { $0.bound == .atMost } || b.contains { $0.bound == .atLeast }
        let bounds =
            quantity.isRatio
            ? (lower: difference - reach, upper: difference + reach)
            : ShareDifference(
                of: second.mean, reach: error.b.squareRoot() * quantile,
                against: first.mean, reach: error.a.squareRoot() * quantile
            ).bounds
        lower = isBelow ? nil : back(bounds.lower)
        upper = isAbove ? nil : back(bounds.upper)
        let same = quantity.isRatio ? 1.0 : 0
        verdict =
            if let lower, lower > same {
                quantity.isNeutral ? .more : quantity.moreIsBetter ? .better : .worse
            } else if let upper, upper < same {
                quantity.isNeutral ? .less : quantity.moreIsBetter ? .worse : .better
            } else {
                .noDifferenceShown
            }
    }

    private static let fifthLess = 0.8
    /// Larger than any that exists.
    private static let mostRepeats = 50

    private struct Sample {
        var mean: Double
        var count: Double
        /// Sum of squared distances from the mean.
        var squares: Double
        /// Mean variance within a run.
        var within: Double
        /// Variance of the drift from this run to another.
        var drift: Double

        init(_ figures: [Figure], _ scale: (Double) -> Double) {
            let values = figures.map { scale($0.value) }
            count = Double(values.count)
            let mean = values.reduce(0, +) / count
            self.mean = mean
            squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            within = figures.reduce(0) { $0 + $1.variance } / count
            drift = figures.reduce(0) { $0 + $1.allowance * $1.allowance } / count * RunSpread.drift
        }
    }

    /// Variances of each side's mean, and the degrees of freedom of both together.
    private struct Errors {
        var a: Double
        var b: Double
        var freedom: Double
        var size: Double { (a + b).squareRoot() }
    }

    private static func repeated(_ a: Sample, _ b: Sample, drifts: Bool) -> Errors {
        let freedom = a.count + b.count - 2
        // Runs that happen to agree better than each of them can know are no proof of less spread.
        let variance = max((a.squares + b.squares) / freedom, (a.within + b.within) / 2)
        let measured = variance * (1 / a.count + 1 / b.count)
        let whole = measured + (drifts ? a.drift + b.drift : 0)
        return Errors(
            a: variance / a.count + (drifts ? a.drift : 0), b: variance / b.count + (drifts ? b.drift : 0),
            freedom: measured > 0 ? freedom * whole * whole / (measured * measured) : .infinity)
    }

    private static func single(_ a: Figure, _ b: Figure) -> Errors {
        let (first, second) = (a.variance + a.allowance * a.allowance, b.variance + b.allowance * b.allowance)
        let doubt = a.variance * a.variance / a.freedom + b.variance * b.variance / b.freedom
        let whole = first + second
        return Errors(a: first, b: second, freedom: doubt > 0 ? whole * whole / doubt : .infinity)
    }
}

extension [Figure] {
    /// Of the first, held only where it was so each time.
    fileprivate var quota: Figure.Quota? {
        guard var quota = first?.quota else { return nil }
        quota.stopped = map { $0.quota?.stopped ?? 0 }.min() ?? 0
        return quota
    }
}
