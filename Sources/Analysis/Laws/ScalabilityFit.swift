import Foundation

/// The least-squares fit of the Universal Scalability Law to throughputs, with λ > 0, 0 ≤ σ ≤ 1 and κ ≥ 0.
///
/// For given σ and κ the law is linear in λ, whose best value is a quotient of sums; so a grid over the other two finds where
/// to begin, also where the sum of squares has several low places. From there the steps of D. W. Marquardt ("An Algorithm for
/// Least-Squares Estimation of Nonlinear Parameters", SIAM Journal 11(2), 1963) lead to the lowest. A step that would leave
/// the bounds ends at them, and a parameter that its bound holds back is left out of the next step.
struct ScalabilityFit {
    private let levels: [UniversalScalability.Level]

    /// Four values to each power of ten.
    private static let contentions = (-24...0).map { pow(10, Double($0) / 4) }
    private static let coherencies = (-40...0).map { pow(10, Double($0) / 4) }
    private static let upper = [Double.infinity, 1, .infinity]
    private static let mostSteps = 500

    init(_ levels: [UniversalScalability.Level]) { self.levels = levels }

    /// λ, σ and κ; nil where the levels hold no curve.
    var best: [Double]? {
        // One begins at each bound: a parameter that is nearly 0 hardly moves.
        let starts = [
            start([0], [0]), start(Self.contentions, [0]), start([0], Self.coherencies),
            start(Self.contentions, Self.coherencies),
        ]
        return starts.compactMap { $0.map(descend) }.min { error($0) < error($1) }
    }

    /// The best place of a grid.
    private func start(_ contentions: [Double], _ coherencies: [Double]) -> [Double]? {
        var best: (parameters: [Double], error: Double)?
        for sigma in contentions {
            for kappa in coherencies {
                let shape = levels.map { Self.rate([1, sigma, kappa], Double($0.users)) }
                let products = zip(levels, shape).reduce(0) { $0 + $1.0.rate * $1.1 }
                let lambda = products / shape.reduce(0) { $0 + $1 * $1 }
                guard lambda.isFinite, lambda > 0 else { continue }
                let found = error([lambda, sigma, kappa])
                if found < best?.error ?? .infinity { best = ([lambda, sigma, kappa], found) }
            }
        }
        return best?.parameters
    }

    private func descend(from start: [Double]) -> [Double] {
        var (parameters, lowest) = (start, error(start))
        var damping = 1e-3
        for _ in 0..<Self.mostSteps where damping < 1e12 {
            guard let step = step(from: parameters, damping: damping) else { break }
            let next = parameters.indices.map { min(Self.upper[$0], max(0, parameters[$0] + step[$0])) }
            let found = error(next)
            if next[0] > 0, found < lowest {
                (parameters, lowest, damping) = (next, found, max(1e-12, damping / 10))
            } else {
                damping *= 10
            }
        }
        return parameters
    }

    /// The solution of (JᵀJ + damping · diag(JᵀJ)) · step = Jᵀ · residuals over the parameters that may move.
    private func step(from parameters: [Double], damping: Double) -> [Double]? {
        var normal = Array(repeating: [0.0, 0, 0], count: 3)
        var slope = [0.0, 0, 0]
        for level in levels {
            let n = Double(level.users)
            let gradient = Self.gradient(parameters, n)
            let residual = level.rate - Self.rate(parameters, n)
            for i in 0..<3 {
                slope[i] += gradient[i] * residual
                for j in 0..<3 { normal[i][j] += gradient[i] * gradient[j] }
            }
        }
        let free = (0..<3).filter { i in
            let isHeld = (parameters[i] <= 0 && slope[i] <= 0) || (parameters[i] >= Self.upper[i] && slope[i] >= 0)
            return !isHeld && normal[i][i] > 0
        }
        let system = free.map { i in
            free.map { j in normal[i][j] * (i == j ? 1 + damping : 1) } + [slope[i]]
        }
        guard !free.isEmpty, let solved = Self.solve(system) else { return nil }
        var step = [0.0, 0, 0]
        for (value, i) in zip(solved, free) { step[i] = value }
        return step
    }

    private func error(_ parameters: [Double]) -> Double {
        levels.reduce(0) { sum, level in
            let residual = level.rate - Self.rate(parameters, Double(level.users))
            return sum + residual * residual
        }
    }

    private static func rate(_ p: [Double], _ n: Double) -> Double {
        p[0] * n / (1 + p[1] * (n - 1) + p[2] * n * (n - 1))
    }

    /// The derivatives of the rate by λ, σ and κ.
    private static func gradient(_ p: [Double], _ n: Double) -> [Double] {
        let divisor = 1 + p[1] * (n - 1) + p[2] * n * (n - 1)
        let each = -p[0] * n * (n - 1) / (divisor * divisor)
        return [n / divisor, each, each * n]
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
