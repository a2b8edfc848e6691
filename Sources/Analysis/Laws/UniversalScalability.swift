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

    /// By users; several measurements of one number are one level, their mean.
    package var levels: [Level]
    /// λ, requests per second of a user alone.
    package var ideal: Double
    /// σ, not negative.
    package var contention: Double
    /// κ, not negative.
    package var coherency: Double

    /// - Returns: nil with fewer than six levels, or where they hold no curve.
    package init?(_ measured: [Level]) {
        let byUsers = Dictionary(grouping: measured.filter { $0.users > 0 && $0.rate > 0 }, by: \.users)
        levels = byUsers.map { users, all in
            Level(users: users, rate: all.reduce(0) { $0 + $1.rate } / Double(all.count))
        }.sorted { $0.users < $1.users }
        guard levels.count >= Self.fewestLevels, let found = Self.fit(levels) else { return nil }
        (ideal, contention, coherency) = found
    }

    package func rate(users: Int) -> Double {
        let n = Double(users)
        return ideal * n / (1 + contention * (n - 1) + coherency * n * (n - 1))
    }

    /// Measured less fitted, in the order of the levels.
    package var residuals: [Double] { levels.map { $0.rate - rate(users: $0.users) } }

    /// The share of the rates' variance that the curve explains.
    package var determination: Double {
        let mean = levels.reduce(0) { $0 + $1.rate } / Double(levels.count)
        let total = levels.reduce(0) { $0 + ($1.rate - mean) * ($1.rate - mean) }
        return total > 0 ? 1 - residuals.reduce(0) { $0 + $1 * $1 } / total : 0
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

    /// Least squares of the throughput. N/X is linear in 1/λ, σ/λ and κ/λ; weighting each level by (X²/N)², with the X of
    /// the round before, turns the residuals of N/X into those of X. A parameter that would be negative is 0.
    private static func fit(_ levels: [Level]) -> (Double, Double, Double)? {
        var best: (parameters: (Double, Double, Double), error: Double)?
        for used in [[0, 1, 2], [0, 1], [0, 2], [0]] {
            guard let parameters = fit(levels, used) else { continue }
            let error = squaredError(levels, parameters)
            if error < best?.error ?? .infinity { best = (parameters, error) }
        }
        return best?.parameters
    }

    private static func fit(_ levels: [Level], _ used: [Int]) -> (Double, Double, Double)? {
        var rates = levels.map(\.rate)
        var found: (Double, Double, Double)?
        for _ in 0..<30 {
            var matrix = Array(repeating: Array(repeating: 0.0, count: used.count + 1), count: used.count)
            for (level, rate) in zip(levels, rates) {
                let n = Double(level.users)
                let weight = rate * rate / n * (rate * rate / n)
                let terms = [1, n - 1, n * (n - 1)]
                for (row, i) in used.enumerated() {
                    for (column, j) in used.enumerated() { matrix[row][column] += weight * terms[i] * terms[j] }
                    matrix[row][used.count] += weight * terms[i] * n / level.rate
                }
            }
            guard let solved = solve(matrix) else { return nil }
            var parts = [0.0, 0, 0]
            for (value, place) in zip(solved, used) { parts[place] = value }
            guard parts[0] > 0, parts[1] >= 0, parts[2] >= 0 else { return nil }
            let parameters = (1 / parts[0], parts[1] / parts[0], parts[2] / parts[0])
            found = parameters
            rates = levels.map { level in
                let n = Double(level.users)
                return n / (parts[0] + parts[1] * (n - 1) + parts[2] * n * (n - 1))
            }
        }
        return found
    }

    private static func squaredError(_ levels: [Level], _ p: (Double, Double, Double)) -> Double {
        levels.reduce(0) { sum, level in
            let n = Double(level.users)
            let difference = level.rate - p.0 * n / (1 + p.1 * (n - 1) + p.2 * n * (n - 1))
            return sum + difference * difference
        }
    }

    /// Gaussian elimination with the largest pivot; the last column is the right side.
    private static func solve(_ system: [[Double]]) -> [Double]? {
        var rows = system
        for column in rows.indices {
            guard let pivot = rows.indices.dropFirst(column).max(by: { abs(rows[$0][column]) < abs(rows[$1][column]) }),
                abs(rows[pivot][column]) > 1e-300
            else { return nil }
            rows.swapAt(column, pivot)
            for row in rows.indices where row != column {
                let factor = rows[row][column] / rows[column][column]
                for place in column..<rows[row].count { rows[row][place] -= factor * rows[column][place] }
            }
        }
        return rows.indices.map { rows[$0][rows[$0].count - 1] / rows[$0][$0] }
    }
}
