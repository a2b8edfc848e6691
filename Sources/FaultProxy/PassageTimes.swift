package import Model

/// How long chunks were in the proxy: counts in buckets that are at most a sixteenth wide (log-linear, as HdrHistogram).
package struct PassageTimes {
    private static let steps = 16
    private var counts = [Int](repeating: 0, count: 64 * steps)
    package private(set) var count = 0

    package init() {}

    package mutating func add(_ nanoseconds: UInt64) {
        counts[Self.bucket(nanoseconds)] += 1
        count += 1
    }

    /// By nearest rank, the upper end of its bucket; nil before anything was added.
    package func percentile(_ percentile: Double) -> Seconds? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((percentile / 100 * Double(count)).rounded(.up)))
        var passed = 0
        for (bucket, number) in counts.enumerated() {
            passed += number
            if passed >= rank { return Double(Self.upperEnd(bucket)) / 1e9 }
        }
        return nil
    }

    private static func bucket(_ value: UInt64) -> Int {
        guard value >= UInt64(steps) else { return Int(value) }
        let power = 63 - value.leadingZeroBitCount
        return (power - 3) * steps + Int(value >> UInt64(power - 4)) - steps
    }

    private static func upperEnd(_ bucket: Int) -> UInt64 {
        guard bucket >= steps else { return UInt64(bucket) }
        let power = bucket / steps + 3
        return (UInt64(bucket % steps + steps + 1) << UInt64(power - 4)) - 1
    }
}
