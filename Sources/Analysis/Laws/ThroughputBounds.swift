package import Model

/// What no closed system can exceed: X(N) ≤ min(N / (Z + R₀), X_max). Few users are held back by their own thoughts Z and the
/// latency R₀ of an idle application, many by its capacity.
///
/// Source: P. J. Denning, J. P. Buzen, "The Operational Analysis of Queueing Network Models", ACM Computing Surveys 10(3),
/// 1978 (asymptotic bounds); D. A. Menascé, V. A. F. Almeida, L. W. Dowdy, "Performance by Design", Prentice Hall 2004.
package struct ThroughputBounds: Sendable, Equatable {
    /// Z, the mean.
    package var thinkTime: Seconds
    /// R₀, the mean latency at the fewest users measured.
    package var latency: Seconds
    /// X_max, the highest throughput measured, in requests per second.
    package var highest: Double

    /// - Returns: nil where nothing bounds.
    package init?(thinkTime: Seconds, latency: Seconds, highest: Double) {
        guard thinkTime >= 0, latency >= 0, thinkTime + latency > 0, highest > 0 else { return nil }
        self.thinkTime = thinkTime
        self.latency = latency
        self.highest = highest
    }

    package func rate(users: Int) -> Double { min(Double(users) / (thinkTime + latency), highest) }

    /// N* = X_max · (Z + R₀): with more users, requests wait.
    package var knee: Double { highest * (thinkTime + latency) }

    /// The sum of the squared residuals of the line a · N up to a level c that fits the levels best: either bound holds some of
    /// the levels, and for each way to part them a and c follow by least squares. A single level shows no constant.
    /// - Returns: nil where the levels are too few to part.
    static func kneeError(of levels: [UniversalScalability.Level]) -> Double? {
        let sorted = levels.sorted { $0.users < $1.users }
        guard sorted.count >= 3 else { return nil }
        return (1...sorted.count - 2).map { count in
            let (rising, flat) = (sorted.prefix(count), sorted.dropFirst(count))
            let squares = rising.reduce(0) { $0 + Double($1.users * $1.users) }
            let slope = rising.reduce(0) { $0 + Double($1.users) * $1.rate } / max(1, squares)
            let level = flat.reduce(0) { $0 + $1.rate } / Double(flat.count)
            return sorted.reduce(0) { sum, one in
                let residual = one.rate - min(slope * Double(one.users), level)
                return sum + residual * residual
            }
        }.min()
    }
}
