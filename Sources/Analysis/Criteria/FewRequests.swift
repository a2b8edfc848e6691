import Glibc
import Model

/// How many requests a criterion needs, and what fewer can still tell.
extension Criterion {
    /// Of being wrong.
    static let chance = 0.05

    /// Requests without which it cannot be said to hold.
    ///
    /// Of a percentile p as many as make it unlikely, (p/100)^n ≤ 0.05, that all of them lie below the percentile: fewer,
    /// though none is above the threshold, do not show with 95 % confidence that the percentile is not (S. S. Wilks,
    /// "Determination of sample sizes for setting tolerance limits", Ann. Math. Stat. 12, 1941). That is 5 for p50, 29 for
    /// p90, 59 for p95 and 299 for p99.
    ///
    /// Of a mean 20: latencies spread about as much as their mean, as exponential ones do, so that 20 give it with a
    /// standard error of 22 %, and fewer hardly more than its order of magnitude. Of an error rate 20 too, which is one
    /// request in twenty.
    package var neededRequests: Int {
        guard let percentile = metric.percentile else { return 20 }
        return Int((log(Self.chance) / log(percentile / 100)).rounded(.up))
    }

    /// The share of requests that may be above the threshold. More than half of them above it put the median there, and the
    /// mean of latencies, which have a long tail, is not below the median.
    var allowedShare: Share {
        switch metric {
        case .errorRate: threshold
        case .mean: 0.5
        case .p50, .p90, .p95, .p99: 1 - (metric.percentile ?? 0) / 100
        }
    }
}

/// The one-sided binomial test.
enum BinomialTest {
    /// - Returns: how likely it is that of n requests so many or more are above the threshold, where the share is the one
    ///   allowed.
    static func chance(of above: Int, orMoreOf count: Int, share: Share) -> Double {
        guard above > 0 else { return 1 }
        guard share > 0, above <= count else { return 0 }
        guard share < 1 else { return 1 }
        let (n, k) = (Double(count), Double(above))
        let ways: Double = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        let withThoseAbove: Double = ways + k * log(share)
        var term: Double = exp(withThoseAbove + (n - k) * log(1 - share))
        var sum = term
        for more in above..<count {
            term *= Double(count - more) / Double(more + 1) * share / (1 - share)
            sum += term
        }
        return min(1, sum)
    }
}

/// Whether of one group of requests a larger share failed than of another: Fisher's exact test, one-sided (R. A. Fisher,
/// "Statistical Methods for Research Workers", 5th edition, 1934, section 21.02).
enum FisherTest {
    /// - Returns: how likely it is that so many or more of all failures fall to the `count` requests of the one group by chance.
    static func chance(of failed: Int, orMoreOf count: Int, beside otherFailed: Int, of otherCount: Int) -> Double {
        let (all, failures) = (count + otherCount, failed + otherFailed)
        // No larger a share than of the other group is never too large.
        guard failed > 0, Double(failed) * Double(otherCount) > Double(otherFailed) * Double(count) else { return 1 }
        func logChoose(_ n: Int, _ k: Int) -> Double {
            lgamma(Double(n) + 1) - lgamma(Double(k) + 1) - lgamma(Double(n - k) + 1)
        }
        var term = exp(
            logChoose(count, failed) + logChoose(otherCount, otherFailed) - logChoose(all, failures))
        var sum = term
        var number = failed
        // Beyond the mean each term is smaller than the one before.
        while number < min(failures, count), term > sum * 1e-12 {
            let others = failures - number
            term *=
                Double(count - number) * Double(others) / (Double(number + 1) * Double(otherCount - others + 1))
            sum += term
            number += 1
        }
        return min(1, sum)
    }
}
