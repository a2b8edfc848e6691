package import Model

/// Where a load's warm-up ends, by the marginal standard error rule: cut off as many observations at the beginning as
/// make the standard error of the mean of the rest smallest.
///
/// MSER: K. P. White Jr., "An effective truncation heuristic for bias reduction in simulation output", Simulation 69(6),
/// 1997. MSER-5, over means of batches of five: K. P. White Jr., M. J. Cobb, S. C. Spratt, "A comparison of five
/// steady-state truncation heuristics for simulation", Proc. Winter Simulation Conference, 2000. A smallest value beyond
/// the middle means that there are too few observations to tell.
///
/// The rule knows no causes: a pause in the midst of a load would be cut off with all that came before it. So a warm-up
/// here ends, at the latest, where the observations first come to the level of those that are kept, and it is that place
/// which must not lie beyond the middle.
package enum SteadyState {
    /// Batches are of five where they are ten or more, else single observations.
    private static let batch = 5

    /// Latencies this near to each other are alike: what is less says more about the machine's caches and clocks than about
    /// the application.
    private static let alike: Seconds = 0.000_5

    /// - Parameter least: observations that differ by less are alike.
    /// - Returns: how many observations belong to the warm-up; nil when no steady state shows.
    package static func warmUp(of series: [Double], least: Double = 0) -> Int? {
        let size = series.count >= 10 * batch ? batch : 1
        let means = stride(from: 0, through: series.count - size, by: size).map { start in
            series[start..<start + size].reduce(0, +) / Double(size)
        }
        guard means.count >= 4 else { return 0 }
        // The last few give a small error by chance.
        let errors = (0...means.count - 3).map { error(of: means[$0...]) }
        // Differences in the last digits are no warm-up.
        let scale = means.reduce(0) { max($0, $1 * $1) } * 1e-12
        guard let best = errors.min(), let cut = errors.firstIndex(where: { $0 <= best + scale }) else { return nil }
        let (middle, arrival) = (means.count / 2, arrival(of: means, keeping: cut, least: least))
        return cut <= middle ? min(cut, arrival) * size : arrival <= middle ? arrival * size : nil
    }

    /// The first of two observations in a row that lie within a twentieth of those from `cut` on, or within their noise where
    /// they are enough to tell it from a trend.
    private static func arrival(of means: [Double], keeping cut: Int, least: Double) -> Int {
        let kept = means[cut...]
        let level = kept.reduce(0, +) / Double(kept.count)
        let noise = cut <= means.count / 2 ? (error(of: kept) * Double(kept.count)).squareRoot() : 0
        let band = max(least, 3 * noise, level / 20)
        let isNear = means.map { abs($0 - level) <= band }
        return means.indices.dropLast().first { isNear[$0] && isNear[$0 + 1] } ?? cut
    }

    /// The seconds of warm-up by two series: requests that ended, and their mean latency.
    package static func warmUp(of samples: [SecondSample]) -> Int? {
        guard let one = warmUp(of: ended(samples)), let other = warmUp(of: latencies(samples), least: alike) else {
            return nil
        }
        return max(one, other)
    }

    /// Whether the second half lies apart from the first, by a twentieth and by more than chance: too few observations for
    /// a warm-up to be told from noise are no sign of one.
    package static func drifts(_ samples: [SecondSample]) -> Bool {
        drifts(ended(samples)) || drifts(latencies(samples), beyond: alike)
    }

    /// Whether the application got twice as fast from the first half to the second, second by second rather than by chance: a
    /// falling trend at the level of 5 % (H. B. Mann, "Nonparametric tests against trend", Econometrica 13, 1945).
    package static func warmsUp(_ samples: [SecondSample]) -> Bool {
        let latencies = latencies(samples)
        let half = latencies.count / 2
        guard half > 0 else { return false }
        return mean(latencies.prefix(half)) > 2 * mean(latencies.suffix(half)) + alike && trend(of: latencies) < -1.645
    }

    /// Of each second, the requests that ended in it.
    private static func ended(_ samples: [SecondSample]) -> [Double] {
        samples.map { Double($0.tasks.reduce(0) { $0 + $1.succeeded.count + $1.failed.count }) }
    }

    /// Of each second, the mean latency of its successes.
    private static func latencies(_ samples: [SecondSample]) -> [Double] {
        samples.map { sample in Distribution.merged(sample.tasks.map(\.succeeded)).mean ?? 0 }
    }

    private static func mean(_ values: ArraySlice<Double>) -> Double { values.reduce(0, +) / Double(values.count) }

    /// Of the pairs in the series those that rise, less those that fall, in standard deviations of that number without a trend.
    static func trend(of series: [Double]) -> Double {
        let count = Double(series.count)
        let deviation = (count * (count - 1) * (2 * count + 5) / 18).squareRoot()
        guard deviation > 0 else { return 0 }
        var balance = 0.0
        for (index, value) in series.enumerated() {
            for later in series[(index + 1)...] where later != value { balance += later > value ? 1 : -1 }
        }
        return balance / deviation
    }

    private static func drifts(_ series: [Double], beyond least: Double = 0) -> Bool {
        let (first, second) = (series.prefix(series.count / 2), series.suffix(series.count / 2))
        guard first.count >= 2 else { return false }
        let difference = abs(mean(second) - mean(first))
        let noise = (error(of: first) + error(of: second)).squareRoot()
        return difference > max(least, mean(series[...]) / 20) && difference > 3 * noise
    }

    /// The squared standard error of the mean, up to a constant factor.
    private static func error(of values: ArraySlice<Double>) -> Double {
        let count = Double(values.count)
        let mean = mean(values)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count * count)
    }
}
