package import Model

/// How a latency grows with the number of orders: a straight line by least squares, with the interval of its slope by
/// Student's t (any textbook of regression, for example N. R. Draper and H. Smith, "Applied Regression Analysis", 1998,
/// chapter 1). It holds as far as the points scatter about a straight line alike.
package struct LatencyGrowth: Sendable, Equatable {
    package struct Point: Sendable, Equatable {
        package var orders: Int
        package var latency: Seconds

        package init(orders: Int, latency: Seconds) {
            self.orders = orders
            self.latency = latency
        }
    }

    /// A line goes through two points whatever they are.
    package static let fewestNumbers = 3

    package var points: Int
    /// Seconds that each further order adds.
    package var slope: Seconds
    /// Half the width of the slope's 95% interval.
    package var uncertainty: Seconds
    /// The share of the latencies' variance that the line explains.
    package var determination: Double

    package var interval: ClosedRange<Seconds> { slope - uncertainty...slope + uncertainty }

    /// Whether the interval allows for growth only.
    package var isShown: Bool { interval.lowerBound > 0 }

    /// - Returns: nil with fewer than three numbers of orders.
    package init?(_ measured: [Point]) {
        guard Set(measured.map(\.orders)).count >= Self.fewestNumbers else { return nil }
        points = measured.count
        let count = Double(measured.count)
        let meanOrders = measured.reduce(0) { $0 + Double($1.orders) } / count
        let meanLatency = measured.reduce(0) { $0 + $1.latency } / count
        var (spread, product, total) = (0.0, 0.0, 0.0)
        for point in measured {
            let (x, y) = (Double(point.orders) - meanOrders, point.latency - meanLatency)
            spread += x * x
            product += x * y
            total += y * y
        }
        slope = product / spread
        // What the line leaves unexplained; rounding may make it a little less than nothing.
        let rest = max(0, total - slope * product)
        let freedom = count - 2
        uncertainty =
            Student.quantile(tails: 0.05, freedom: freedom) * (rest / freedom / spread).squareRoot()
        determination = total > 0 ? 1 - rest / total : 0
    }
}
