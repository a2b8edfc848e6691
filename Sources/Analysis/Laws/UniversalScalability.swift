package import Model

/// The Universal Scalability Law fitted to throughputs at numbers of users:
/// X(N) = λN / (1 + σ(N − 1) + κN(N − 1)), with the ideal rate λ of one user, contention σ and coherency κ.
///
/// Source: N. J. Gunther, "Guerrilla Capacity Planning", Springer 2007, chapters 4 and 5.
package struct UniversalScalability: Sendable, Equatable {
    package struct Level: Sendable, Equatable {
        package var users: Int
        /// Requests per second.
        package var rate: Double

        package init(users: Int, rate: Double) {
            self.users = users
            self.rate = rate
        }
    }

    /// A curve with three parameters fits a few levels whatever they are.
    package static let fewestLevels = 6
    /// The share of the variance that a curve explains which is shown.
    package static let leastDetermination = 0.9

    /// By users; several measurements of one number are one level, their mean.
    package var levels: [Level]
    /// λ, requests per second of a user alone.
    package var ideal: Double
    /// σ, from 0 to 1: at 1 the users take turns, and the throughput does not rise at all.
    package var contention: Double
    /// κ, not negative.
    package var coherency: Double

    /// - Returns: nil with fewer than six levels, or where they hold no curve.
    package init?(_ measured: [Level]) {
        let byUsers = Dictionary(grouping: measured.filter { $0.users > 0 && $0.rate > 0 }, by: \.users)
        levels = byUsers.map { users, all in
            Level(users: users, rate: all.reduce(0) { $0 + $1.rate } / Double(all.count))
        }.sorted { $0.users < $1.users }
        guard levels.count >= Self.fewestLevels, let found = ScalabilityFit(levels).best else { return nil }
        (ideal, contention, coherency) = (found[0], found[1], found[2])
    }

    package func rate(users: Int) -> Double {
        let n = Double(users)
        return ideal * n / (1 + contention * (n - 1) + coherency * n * (n - 1))
    }

    /// Measured less fitted, in the order of the levels.
    package var residuals: [Double] { levels.map { $0.rate - rate(users: $0.users) } }

    var squaredError: Double { residuals.reduce(0) { $0 + $1 * $1 } }

    /// The share of the rates' variance that the curve explains.
    package var determination: Double {
        let mean = levels.reduce(0) { $0 + $1.rate } / Double(levels.count)
        let total = levels.reduce(0) { $0 + ($1.rate - mean) * ($1.rate - mean) }
        return total > 0 ? 1 - squaredError / total : 0
    }

    /// The users √((1 − σ)/κ) at which the throughput is highest, and that throughput; nil where it rises for ever.
    package var peak: Level? {
        guard coherency > 0, contention < 1 else { return nil }
        let users = ((1 - contention) / coherency).squareRoot().rounded()
        guard users >= 1, users < 1e9 else { return nil }
        return Level(users: Int(users), rate: rate(users: Int(users)))
    }

    /// The throughput λ/σ that it approaches without a peak; nil where it has a peak, or grows without bound.
    package var asymptote: Double? { coherency == 0 && contention > 0 ? ideal / contention : nil }

    /// Whether the law says something of these levels: it explains nine tenths of their variance, no simple knee leaves less
    /// than half of its squared residuals, and a user who thinks can make as many requests as λ says.
    package func describes(thinkTime: Seconds) -> Bool {
        let noise = 1e-9 * levels.reduce(0) { $0 + $1.rate * $1.rate }
        let isPossible = thinkTime <= 0 || ideal * thinkTime <= 1.05
        let knee = ThroughputBounds.kneeError(of: levels) ?? .infinity
        return determination >= Self.leastDetermination && isPossible && squaredError <= 2 * knee + noise
    }
}
