import Histogram
package import Model

/// Latencies in memory of a fixed size: an HdrHistogram of microseconds with three significant digits, up to an hour.
package struct LatencyHistogram: Sendable {
    private static let highest: UInt64 = 3_600_000_000
    private var histogram = Histogram<UInt32>(
        lowestDiscernibleValue: 1, highestTrackableValue: Self.highest, numberOfSignificantValueDigits: .three)

    package init() {}

    /// - Parameter nanoseconds: rounded to the nearest microsecond; above an hour it counts as an hour.
    package mutating func record(nanoseconds: UInt64) {
        histogram.record(min((nanoseconds + 500) / 1000, Self.highest))
    }

    package var isEmpty: Bool { histogram.totalCount == 0 }

    /// Every count under the middle of the range of latencies that share it: within 0.05 % of each, and exact below
    /// 2.048 ms. The same range has the same middle in every histogram, so that distributions merge without loss.
    package var distribution: Distribution {
        guard !isEmpty else { return Distribution() }
        return Distribution(
            ascending: histogram.recordedValues().map { recorded in
                let middle = histogram.medianEquivalentForValue(recorded.value)
                return .init(microseconds: Int(middle), count: Int(recorded.count))
            })
    }

    /// Forgets everything; the memory is used again.
    package mutating func reset() {
        if !isEmpty { histogram.reset() }
    }
}
