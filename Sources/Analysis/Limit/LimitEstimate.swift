import Foundation

/// The number of users at which a criterion is met on half of all plateaus, estimated from the trials of a search.
///
/// Near the limit a plateau holds or breaks by chance, so no two bounds tell where the limit is. As in psychophysics, where a
/// threshold is the intensity that is seen half of the time, the trials are described by a curve that rises with the users,
/// and its parameters by their joint probability given the trials (L. L. Kontsevich, C. W. Tyler, "Bayesian adaptive estimation
/// of psychometric slope and threshold", Vision Research 39, 1999). A trial tells more than whether it broke: how far its worst
/// window lay from the threshold. What lies far from it counts by its side only (a censored regression: J. Tobin, "Estimation of
/// relationships for limited dependent variables", Econometrica 26, 1958), so that the curve need hold near the limit only.
///
/// How often the interval holds the true limit is measured, for applications of known limit, by `storelab benchmark search`.
package struct LimitEstimate: Sendable, Equatable {
    /// The median.
    package var users: Double
    /// The interval that holds the limit with 95 %; nil at an end that the trials do not bound.
    package var lower: Double?
    package var upper: Double?
    /// How much the limit that single plateaus show differs from one to the next: a standard deviation, as a share of the users.
    package var spread: Double

    package static let confidence = 0.95

    /// Of the logarithm of the limit, as a standard deviation; nil where the interval has an open end.
    package var deviation: Double? {
        guard let lower, let upper, lower > 0 else { return nil }
        return log(upper / lower) / (2 * 1.959964)
    }

    /// Width of the interval as a share of its lower end; nil where it has an open end.
    package var width: Double? {
        guard let lower, let upper, lower > 0 else { return nil }
        return upper / lower - 1
    }

    /// - Parameters:
    ///   - trials: of one criterion: users, and by how much it was above its threshold as a share of it.
    ///   - growth: of that excess with the logarithm of the users, as far as laws tell.
    ///   - range: users between which the limit lies for certain.
    /// - Returns: nil when there are no trials.
    package init?(
        of trials: [(users: Double, excess: Double)], growth: Double = LimitPosterior.latencyGrowth,
        within range: ClosedRange<Double>
    ) {
        guard let posterior = LimitPosterior(trials, growth: growth, range: range) else { return nil }
        users = posterior.users(at: 0.5)
        spread = posterior.spread
        let tail = (1 - Self.confidence) / 2
        lower = posterior.isOpenBelow ? nil : posterior.users(at: tail)
        upper = posterior.isOpenAbove ? nil : posterior.users(at: 1 - tail)
    }
}
