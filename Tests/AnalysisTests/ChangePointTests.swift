import Analysis
import Foundation
import TestSupport
import Testing

/// Series of random numbers, the same in each test run.
private struct SeriesMaker {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    private mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return (Double((z ^ (z >> 31)) >> 11) + 0.5) / Double(1 << 53)
    }

    private mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }

    mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(uniform() * Double(range.count))
    }

    /// Around 1,000, with 3 % noise.
    mutating func flat(_ count: Int) -> [Double] { (0..<count).map { _ in 1000 * (1 + 0.03 * normal()) } }
}

@Suite(.timed) struct ChangePointTests {
    @Test(arguments: [UInt64(1), 2, 3]) func ofTwoHundredFlatSeriesAtMostOneInTwentyChanges(seed: UInt64) {
        var maker = SeriesMaker(seed: seed)
        let changed = (0..<200).count { _ in !ChangePoint.all(in: maker.flat(maker.number(in: 10...60))).isEmpty }
        #expect(changed <= 10, "\(changed) of 200")
    }

    @Test(arguments: [1.1, 0.9]) func aStepOfTenPercentIsFoundWithinOneRun(factor: Double) {
        var maker = SeriesMaker(seed: 4)
        let found = (0..<200).count { _ in
            let place = maker.number(in: 5...35)
            let values = maker.flat(40).enumerated().map { $0 < place ? $1 : $1 * factor }
            let points = ChangePoint.all(in: values)
            return points.count == 1 && (points[0].index - place).magnitude <= 1
        }
        #expect(found >= 180, "\(found) of 200")
    }

    @Test func whatChangesAndChangesBackIsFoundTwice() {
        var maker = SeriesMaker(seed: 5)
        let points = ChangePoint.all(in: maker.flat(20) + maker.flat(20).map { $0 * 1.2 } + maker.flat(20))
        #expect(points.map(\.index) == [20, 40])
        #expect(points.allSatisfy { $0.probability < 0.001 })
        #expect(points.first.map { (1.15...1.25).contains($0.after / $0.before) } == true)
    }

    /// A long history is looked at in windows that overlap.
    @Test func aChangeAfterTwoHundredRunsIsFound() {
        var maker = SeriesMaker(seed: 6)
        let points = ChangePoint.all(in: maker.flat(200) + maker.flat(10).map { $0 * 0.85 })
        #expect(points.last?.index == 200)
    }

    @Test func oneRunThatIsFarFromTheOthersIsNoChange() {
        var maker = SeriesMaker(seed: 7)
        #expect(ChangePoint.all(in: maker.flat(20) + [2000]).isEmpty)
        #expect(ChangePoint.all(in: [2000] + maker.flat(20)).isEmpty)
        // The second such run shows that it was one.
        #expect(ChangePoint.all(in: maker.flat(20) + [2000, 2010]).map(\.index) == [20])
    }

    @Test(arguments: [[], [1], [1, 2], [1, 1, 2], [5, 5, 5, 5, 5, 5]] as [[Double]])
    func fewOrEqualValuesShowNoChange(values: [Double]) {
        #expect(ChangePoint.all(in: values).isEmpty)
    }

    /// Values of tables: two-sided, 5 % and 0.1 %.
    @Test(arguments: [
        (12.7062, 1, 0.05), (4.30265, 2, 0.05), (3.18245, 3, 0.05), (2.22814, 10, 0.05), (2.00030, 60, 0.05),
        (636.619, 1, 0.001), (31.5991, 2, 0.001), (4.58689, 10, 0.001), (3.46020, 60, 0.001),
    ]) func theTailsOfStudentsDistributionAreThoseOfTables(t: Double, freedom: Int, tails: Double) {
        #expect((Student.tails(beyond: t, freedom: freedom) / tails - 1).magnitude < 1e-4)
        #expect(Student.tails(beyond: 0, freedom: freedom) == 1)
    }
}
