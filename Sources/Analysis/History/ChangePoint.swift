/// A place in a series from which on its values are others.
package struct ChangePoint: Sendable, Equatable {
    /// The first value after the change.
    package var index: Int
    /// Means from the change before it, or the beginning, and up to the next one, or the end.
    package var before: Double
    package var after: Double
    /// Of Student's test that both sides have one mean.
    package var probability: Double

    /// The changes of a series, as Apache Otava (formerly Hunter) finds them.
    ///
    /// M. Fleming, P. Kołaczkowski and others, "Hunter: Using Change Point Detection to Hunt for Performance Regressions", ICPE
    /// 2023: E-divisive (`EnergyDivergence`), with Student's t-test in the place of random permutations, so that the same series
    /// always has the same changes; in windows that overlap by half, so that a long history does not hide a new change; first at
    /// a weaker level, then without those that are not significant between their neighbours, the weakest first. Unlike Otava,
    /// the test takes the variance of a sample (divided by n − 1), as Student's test is defined, and a change has at least two
    /// values on either side. With that, of 1,000 flat series of 10 to 60 values 1.5 % have a change instead of 2.9 %, and as many
    /// true steps are found (`Tests/Benchmarks/changes.py`).
    /// - Parameter values: finite, oldest first.
    package static func all(in values: [Double]) -> [ChangePoint] {
        var indices = weak(in: values)
        while !indices.isEmpty {
            let tests = self.tests(of: values, at: indices)
            guard let weakest = tests.indices.max(by: { tests[$0].probability < tests[$1].probability }),
                tests[weakest].probability >= level
            else { return tests }
            indices.remove(at: weakest)
        }
        return []
    }

    /// A change that only chance makes is reported at fewer places than this share.
    static let level = 0.001
    /// Of changes that are looked at more closely.
    static let weakLevel = 0.01
    /// Values.
    static let window = 50

    /// Fewer values than this show no change, whatever they are.
    package static let fewestValues = 2 * EnergyDivergence.smallestPart

    private static func weak(in values: [Double]) -> [Int] {
        var found: Set<Int> = []
        var start = 0
        while start < values.count {
            let part = Array(values[start..<min(values.count, start + window)])
            let inside = divided(part).map { start + $0 }
            found.formUnion(inside)
            start = max(inside.last ?? 0, start + window / 2)
        }
        return found.sorted()
    }

    /// Divides a window at the place where its parts lie farthest apart, and so on with the parts, as long as the test is
    /// significant.
    private static func divided(_ values: [Double]) -> [Int] {
        let divergence = EnergyDivergence(values)
        var indices: [Int] = []
        while true {
            let ends = [0] + indices + [values.count]
            let divisions = zip(ends, ends.dropFirst()).compactMap { divergence.farthest(in: $0..<$1) }
            guard let best = divisions.max(by: { $0.divergence < $1.divergence }) else { return indices }
            let next = (indices + [best.index]).sorted()
            guard let test = tests(of: values, at: next).first(where: { $0.index == best.index }),
                test.probability < weakLevel
            else { return indices }
            indices = next
        }
    }

    /// Each of some places, tested between its neighbours.
    private static func tests(of values: [Double], at indices: [Int]) -> [ChangePoint] {
        let ends = [0] + indices + [values.count]
        return indices.enumerated().map { place, index in
            let (left, right) = (values[ends[place]..<index], values[index..<ends[place + 2]])
            let test = TwoSampleTest(left, right)
            return ChangePoint(
                index: index, before: test.means.a, after: test.means.b, probability: test.probability)
        }
    }
}
