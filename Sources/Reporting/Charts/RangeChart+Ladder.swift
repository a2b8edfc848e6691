extension RangeChart {
    /// The report's sections have room for so many.
    package static let mostRungs = 7

    /// Of a search with many numbers of users: the first, and those near the limit.
    /// - Parameters:
    ///   - levels: ascending.
    ///   - limit: nil where it is not known yet.
    package static func rungs(of levels: [Int], near limit: Int?, most: Int = mostRungs) -> [Int] {
        guard levels.count > most, let first = levels.first else { return levels }
        let limit = Double(limit ?? levels[levels.count / 2])
        let near = levels.dropFirst().sorted { one, other in
            func distance(_ users: Int) -> Double {
                (LineChart.logarithm(Double(users)) - LineChart.logarithm(max(1, limit))).magnitude
            }
            return (distance(one), one) < (distance(other), other)
        }
        return ([first] + near.prefix(most - 1)).sorted()
    }
}
