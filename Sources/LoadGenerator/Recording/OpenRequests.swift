import Model

/// How many requests are under way, by when each was due: a ring of counts over sixteenths of a second since the load began.
/// It is as long as the oldest of them asks for, so nothing is looked for among the users.
struct OpenRequests: Sendable {
    private static let nanosecondsPerSlot: UInt64 = 62_500_000

    /// Of the slot with number n at n modulo the ring's length, which is a power of two.
    private var counts = [UInt32](repeating: 0, count: 64)
    /// All that are under way were due in this slot or one of those that follow, as many as the ring is long.
    private var first = 0

    /// - Parameter due: nanoseconds since the load began.
    @inline(__always)
    mutating func begin(due: UInt64) {
        let slot = Int(due / Self.nanosecondsPerSlot)
        if slot < first || slot - first >= counts.count { makeRoom(for: slot) }
        counts[slot & (counts.count - 1)] &+= 1
    }

    /// - Parameter due: as it was when the request began.
    @inline(__always)
    mutating func end(due: UInt64) {
        counts[Int(due / Self.nanosecondsPerSlot) & (counts.count - 1)] &-= 1
    }

    /// The time since each was due, in sixteenths of a second, rounded down.
    /// - Parameter now: nanoseconds since the load began.
    func ages(at now: UInt64) -> Distribution {
        let end = Int(now / Self.nanosecondsPerSlot)
        var buckets: [Distribution.Bucket] = []
        for slot in (first..<first + counts.count).reversed() {
            let count = Int(counts[slot & (counts.count - 1)])
            guard count > 0 else { continue }
            let age = max(0, end - 1 - slot) * Int(Self.nanosecondsPerSlot / 1000)
            if buckets.last?.microseconds == age {
                buckets[buckets.count - 1].count += count
            } else {
                buckets.append(.init(microseconds: age, count: count))
            }
        }
        return Distribution(ascending: buckets)
    }

    private mutating func makeRoom(for slot: Int) {
        let used = (first..<first + counts.count).filter { counts[$0 & (counts.count - 1)] > 0 }
        let (lowest, highest) = (min(slot, used.first ?? slot), max(slot, used.last ?? slot))
        var length = counts.count
        while highest - lowest >= length { length *= 2 }
        if length > counts.count {
            var longer = [UInt32](repeating: 0, count: length)
            for slot in used { longer[slot & (length - 1)] = counts[slot & (counts.count - 1)] }
            counts = longer
        }
        first = lowest
    }
}
