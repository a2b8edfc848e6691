import Histogram
import LoadGenerator
import Model
import TestSupport
import Testing

/// `LatencyHistogram` beside HdrHistogram, whose buckets it has.
@Suite(.timed) struct LatencyHistogramTests {
    private static let percentiles = [0.0, 0.1, 1, 50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 100]
    private static let highest: UInt64 = 3_600_000_000

    /// Microseconds of requests of very different speeds.
    private enum Latencies: CaseIterable {
        /// As many per power of two, from a microsecond to an hour.
        case everywhere
        /// Exponential around 20 ms.
        case usual
        /// Below two milliseconds, where every microsecond has a bucket.
        case exact
        /// Two answers in three take 5 ms, the others a second.
        case twoPeaks

        func draw(_ random: inout RandomSource) -> UInt64 {
            switch self {
            case .everywhere:
                let bits = random.below(32)
                return min((1 << bits) + random.below(1 << bits), LatencyHistogramTests.highest)
            case .usual: return UInt64(random.exponential() * 20_000)
            case .exact: return random.below(2048)
            case .twoPeaks: return (random.below(3) < 2 ? 5_000 : 1_000_000) + random.below(100)
            }
        }
    }

    /// Counts around multiples of a thousand, at which the rank of p99.9 is a whole number.
    @Test(arguments: [1, 2, 999, 1000, 1001, 10_000, 65_537], [LatencyHistogram.Precision.twoDigits, .threeDigits])
    func percentilesAreThoseOfHdrHistogram(count: Int, precision: LatencyHistogram.Precision) throws {
        for (seed, latencies) in Latencies.allCases.enumerated() {
            var random = RandomSource(seed: UInt64(seed), ordinal: count)
            var histogram = LatencyHistogram(precision)
            var oracle = Histogram<UInt64>(
                lowestDiscernibleValue: 1, highestTrackableValue: Self.highest,
                numberOfSignificantValueDigits: precision == .twoDigits ? .two : .three)
            for _ in 0..<count {
                let microseconds = latencies.draw(&random)
                histogram.record(nanoseconds: microseconds * 1000)
                let isKept = oracle.record(microseconds)
                #expect(isKept)
            }
            let distribution = histogram.distribution
            #expect(distribution.count == Int(oracle.totalCount))
            for percentile in Self.percentiles {
                let ours = try #require(distribution.percentile(percentile)) * 1_000_000
                let theirs = oracle.valueAtPercentile(percentile)
                #expect(
                    oracle.valuesAreEquivalent(UInt64(ours.rounded()), theirs),
                    "p\(percentile) of \(count) \(latencies): \(ours) µs beside \(theirs) µs")
                let error = precision == .twoDigits ? 1.0 / 256 : 1.0 / 2048
                #expect(abs(ours - Double(theirs)) <= 2 * error * Double(theirs) + 1)
            }
            let mean = try #require(distribution.mean) * 1_000_000
            #expect(abs(mean - oracle.mean) <= 1e-9 * oracle.mean + 1e-6)
        }
    }

    /// What merging seconds gives is what one histogram of the whole time would give.
    @Test func mergedSecondsAreOneHistogram() {
        var random = RandomSource(seed: 7, ordinal: 0)
        var whole = LatencyHistogram()
        let seconds = (0..<60).map { _ in
            var second = LatencyHistogram()
            for _ in 0..<200 {
                let nanoseconds = UInt64(random.exponential() * 20_000_000)
                second.record(nanoseconds: nanoseconds)
                whole.record(nanoseconds: nanoseconds)
            }
            return second.distribution
        }
        #expect(Distribution.merged(seconds) == whole.distribution)
    }
}
