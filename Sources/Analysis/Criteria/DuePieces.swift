import Model

/// Splits the latencies of one second by when their requests were due.
enum DuePieces {
    struct Piece {
        /// Whole seconds from the one in which they were due to the one in which they ended.
        var age: Int
        var latencies: Distribution
    }

    private static let second = 1_000_000

    /// - Parameter earlier: as in `DueSecond`; nil where the record does not say. A request then counts as ended in the
    ///   middle of its second.
    /// - Returns: at most one piece of each age.
    static func of(_ latencies: Distribution, earlier: Distribution?) -> [Piece] {
        guard let longest = latencies.buckets.last?.microseconds else { return [] }
        let rounding = earlier == nil ? second / 2 - 1 : 0
        if longest < second - rounding {
            guard let earlier, earlier.count > 0 else { return [Piece(age: 0, latencies: latencies)] }
            return [Piece(age: 0, latencies: latencies.without(earlier)), Piece(age: 1, latencies: earlier)]
        }
        var pieces: [(age: Int, buckets: [Distribution.Bucket])] = []
        func add(_ count: Int, _ microseconds: Int, age: Int) {
            guard count > 0 else { return }
            // Latencies ascend, so that their age is that of one of the last pieces, or a new one.
            let place = pieces.suffix(3).lastIndex { $0.age == age } ?? pieces.count
            if place == pieces.count { pieces.append((age, [])) }
            pieces[place].buckets.append(.init(microseconds: microseconds, count: count))
        }
        let earlier = earlier?.buckets ?? []
        var next = 0
        for bucket in latencies.buckets {
            while next < earlier.count, earlier[next].microseconds < bucket.microseconds { next += 1 }
            let isIn = next < earlier.count && earlier[next].microseconds == bucket.microseconds
            let early = isIn ? min(earlier[next].count, bucket.count) : 0
            let age = (max(0, bucket.microseconds) &+ rounding) / second
            add(bucket.count - early, bucket.microseconds, age: age)
            add(early, bucket.microseconds, age: age + 1)
        }
        return pieces.map { Piece(age: $0.age, latencies: Distribution(ascending: $0.buckets)) }
    }
}

extension Distribution {
    /// What is left when some of its latencies are taken away.
    fileprivate func without(_ some: Distribution) -> Distribution {
        var left = buckets
        var next = 0
        for place in left.indices {
            while next < some.buckets.count, some.buckets[next].microseconds < left[place].microseconds { next += 1 }
            guard next < some.buckets.count else { break }
            if some.buckets[next].microseconds == left[place].microseconds {
                left[place].count -= some.buckets[next].count
            }
        }
        return Distribution(ascending: left)
    }
}
