/// How far the two parts of a stretch of a series lie apart: the scaled energy distance of E-divisive, for every place at
/// which the stretch can be divided.
///
/// D. S. Matteson and N. A. James, "A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data", JASA
/// 109(505), 2014, equations 5 to 7, with the exponent 1. Sums of distances are differences of one table of sums, so each place
/// costs the same however long its parts are.
struct EnergyDivergence {
    /// A place at which a stretch is divided.
    struct Division: Equatable {
        /// The first value of the second part.
        var index: Int
        var divergence: Double
    }

    /// Of two values on each side a spread can be told; one value alone is an outlier and no change.
    static let smallestPart = 2

    /// `sums[i][j]`: of the distances of the first i values from the first j.
    private let sums: [[Double]]

    /// - Parameter values: finite.
    init(_ values: [Double]) {
        var sums = [[Double]](repeating: [Double](repeating: 0, count: values.count + 1), count: values.count + 1)
        for i in values.indices {
            var row = 0.0
            for j in values.indices {
                row += (values[i] - values[j]).magnitude
                sums[i + 1][j + 1] = sums[i][j + 1] + row
            }
        }
        self.sums = sums
    }

    /// The division of a stretch whose parts lie farthest apart. The second part may end before the stretch does, so that a
    /// change is found although another one follows.
    /// - Returns: nil where the stretch is too short to be divided.
    func farthest(in stretch: Range<Int>) -> Division? {
        var best: Division?
        let least = Self.smallestPart
        guard stretch.count >= 2 * least else { return nil }
        for end in (stretch.lowerBound + 2 * least)...stretch.upperBound {
            for index in (stretch.lowerBound + least)...(end - least) {
                let found = divergence(stretch.lowerBound..<index, index..<end)
                if best.map({ found > $0.divergence }) ?? true { best = Division(index: index, divergence: found) }
            }
        }
        return best
    }

    private func divergence(_ first: Range<Int>, _ second: Range<Int>) -> Double {
        let (n, m) = (Double(first.count), Double(second.count))
        // Each pair stands in the table twice, as a mean over pairs counts it.
        let distance =
            2 * between(first, second) / (n * m) - between(first, first) / (n * (n - 1))
            - between(second, second) / (m * (m - 1))
        return n * m / (n + m) * distance
    }

    private func between(_ a: Range<Int>, _ b: Range<Int>) -> Double {
        sums[a.upperBound][b.upperBound] - sums[a.lowerBound][b.upperBound] - sums[a.upperBound][b.lowerBound]
            + sums[a.lowerBound][b.lowerBound]
    }
}
