import Foundation

/// How much the limit moved while it was searched: data that grow, caches that fill, a machine that gets slower.
///
/// Each trial near the threshold tells a limit of its own, where its excess would be 0 if it grew with the users as the response
/// time law says. If these limits rise or fall from trial to trial, at the level of 3 % (the t test of a slope of least squares),
/// the limit moved, and one number does not tell it. The growth is not fitted: a search follows a limit that moves, so the users of
/// its trials move along, and the two could not be told apart.
package enum LimitTrend {
    private static let level = 0.03
    private static let fewest = 5
    /// Beyond, an excess tells no limit.
    private static let farthest = 1.0

    /// - Parameter trials: of one criterion, in the order in which they were held.
    /// - Returns: the change of the limit from the first trial to the last, as a share of it; nil where none is shown.
    package static func change(over trials: [(users: Double, excess: Double)]) -> Double? {
        let near = trials.enumerated().filter { abs($0.element.excess) < farthest && $0.element.users > 0 }
        guard near.count >= fewest else { return nil }
        let turns = centred(near.map { Double($0.offset) })
        let limits = centred(near.map { log($0.element.users) - $0.element.excess / LimitPosterior.latencyGrowth })
        let squares = turns.reduce(0) { $0 + $1 * $1 }
        let perTurn = zip(turns, limits).reduce(0) { $0 + $1.0 * $1.1 } / squares
        let freedom = Double(near.count - 2)
        let rest = zip(turns, limits).reduce(0) { sum, point in
            let distance = point.1 - perTurn * point.0
            return sum + distance * distance
        }
        let error = (rest / freedom / squares).squareRoot()
        guard abs(perTurn) > error * Student.quantile(tails: level, freedom: freedom) else { return nil }
        return exp(perTurn * Double(trials.count - 1)) - 1
    }

    private static func centred(_ values: [Double]) -> [Double] {
        let mean = values.reduce(0, +) / Double(values.count)
        return values.map { $0 - mean }
    }
}
