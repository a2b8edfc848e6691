import Foundation

/// Student's t distribution.
package enum Student {
    /// The value t with P(|T| > t) = `tails`.
    ///
    /// G. W. Hill, "Algorithm 396: Student's t-quantiles", Communications of the ACM 13(10), 1970; to six digits.
    /// - Parameters:
    ///   - tails: probability outside of ±t, above 0 and below 1.
    ///   - freedom: degrees of freedom; rounded down, at least 1.
    package static func quantile(tails: Double, freedom: Double) -> Double {
        let n = max(1, min(1e6, freedom.rounded(.down)))
        if n == 1 { return 1 / tan(tails * .pi / 2) }
        if n == 2 { return (2 / (tails * (2 - tails)) - 2).squareRoot() }
        let a = 1 / (n - 0.5)
        let b = 48 / (a * a)
        var c = ((20_700 * a / b - 98) * a - 16) * a + 96.36
        let d = ((94.5 / (b + c) - 3) / b + 1) * (a * .pi / 2).squareRoot() * n
        var y = pow(d * tails, 2 / n)
        if y > 0.05 + a {
            let x = normalQuantile(tails / 2)
            y = x * x
            if n < 5 { c += 0.3 * (n - 4.5) * (x + 0.6) }
            c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
            y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
            y = expm1(a * y * y)
        } else {
            let e = ((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3
            y = ((1 / e + 0.5 / (n + 4)) * y - 1) * (n + 1) / (n + 2) + 1 / y
        }
        return (n * y).squareRoot()
    }

    /// The probability P(|T| > t).
    ///
    /// M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", 1964, 26.7.3 and 26.7.4: finite series for whole
    /// degrees of freedom, exact to about 1e-15.
    /// - Parameters:
    ///   - t: at least 0.
    ///   - freedom: degrees of freedom, at least 1.
    package static func tails(beyond t: Double, freedom: Int) -> Double {
        let angle = atan(t / Double(freedom).squareRoot())
        let (sine, cosine) = (sin(angle), cos(angle))
        let isOdd = !freedom.isMultiple(of: 2)
        var term = isOdd ? cosine : 1
        var sum = freedom > 1 ? term : 0
        for k in stride(from: isOdd ? 2 : 1, to: freedom - 2, by: 2) {
            term *= cosine * cosine * Double(k) / Double(k + 1)
            sum += term
        }
        let inside = isOdd ? 2 / .pi * (angle + sine * sum) : sine * sum
        return max(0, min(1, 1 - inside))
    }

    /// The value with the probability below it, by bisection of the error function; below 0 for less than a half.
    private static func normalQuantile(_ probability: Double) -> Double {
        var (low, high) = (-40.0, 40.0)
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if erfc(-middle / 2.0.squareRoot()) / 2 < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
