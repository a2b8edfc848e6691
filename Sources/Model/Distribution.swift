/// A histogram as a value: how often each latency was seen. Merging loses nothing.
package struct Distribution: Sendable, Equatable {
    package struct Bucket: Sendable, Equatable {
        /// Latency in microseconds.
        package var microseconds: Int
        package var count: Int

        package init(microseconds: Int, count: Int) {
            self.microseconds = microseconds
            self.count = count
        }
    }

    /// In ascending order of latency, each latency once, counts above zero.
    package private(set) var buckets: [Bucket]
    package private(set) var count: Int

    /// - Parameter buckets: in ascending order of latency, each latency once.
    package init(ascending buckets: [Bucket] = []) {
        self.buckets = buckets.filter { $0.count > 0 }
        count = self.buckets.reduce(0) { $0 + $1.count }
    }

    /// Adds the counts of all parts, two by two, so that each bucket is looked at a few times only.
    package static func merged(_ parts: some Sequence<Distribution>) -> Distribution {
        var round = parts.filter { $0.count > 0 }
        while round.count > 1 {
            var next: [Distribution] = []
            next.reserveCapacity((round.count + 1) / 2)
            var index = 0
            while index + 1 < round.count {
                next.append(merged(round[index], round[index + 1]))
                index += 2
            }
            if index < round.count { next.append(round[index]) }
            round = next
        }
        return round.first ?? Distribution()
    }

    private static func merged(_ one: Distribution, _ other: Distribution) -> Distribution {
        var buckets: [Bucket] = []
        buckets.reserveCapacity(one.buckets.count + other.buckets.count)
        var (left, right) = (0, 0)
        while left < one.buckets.count, right < other.buckets.count {
            let (a, b) = (one.buckets[left], other.buckets[right])
            if a.microseconds == b.microseconds {
                buckets.append(Bucket(microseconds: a.microseconds, count: a.count + b.count))
                left += 1
                right += 1
            } else if a.microseconds < b.microseconds {
                buckets.append(a)
                left += 1
            } else {
                buckets.append(b)
                right += 1
            }
        }
        buckets.append(contentsOf: one.buckets[left...])
        buckets.append(contentsOf: other.buckets[right...])
        return Distribution(checked: buckets, count: one.count + other.count)
    }

    private init(checked buckets: [Bucket], count: Int) {
        self.buckets = buckets
        self.count = count
    }

    /// The smallest recorded latency with at least `percentile` percent of the values at or below it (nearest rank).
    /// - Parameter percentile: 0 to 100.
    /// - Returns: seconds, or nil when nothing was recorded.
    package func percentile(_ percentile: Double) -> Seconds? {
        guard count > 0 else { return nil }
        // Without a step down, 99.9 % of 1,000 is a little more than 999, and the rank one too many.
        let rank = max(1, Int((percentile.nextDown * Double(count) / 100).rounded(.up)))
        var seen = 0
        for bucket in buckets {
            seen += bucket.count
            if seen >= rank { return Double(bucket.microseconds) / 1_000_000 }
        }
        return maximum
    }

    /// Arithmetic mean in seconds, or nil when nothing was recorded.
    package var mean: Seconds? {
        guard count > 0 else { return nil }
        let total = buckets.reduce(0.0) { $0 + Double($1.microseconds) * Double($1.count) }
        return total / Double(count) / 1_000_000
    }

    /// The same counts with latencies to about 3 %: each is the middle of a sixteenth of its power of two.
    package var coarse: Distribution {
        var buckets: [Bucket] = []
        for bucket in self.buckets {
            let width = max(0, Int.bitWidth - bucket.microseconds.leadingZeroBitCount - 5)
            let middle = (bucket.microseconds >> width) << width + (1 << width) >> 1
            if buckets.last?.microseconds == middle {
                buckets[buckets.count - 1].count += bucket.count
            } else {
                buckets.append(Bucket(microseconds: middle, count: bucket.count))
            }
        }
        return Distribution(checked: buckets, count: count)
    }

    package var minimum: Seconds? { buckets.first.map { Double($0.microseconds) / 1_000_000 } }
    package var maximum: Seconds? { buckets.last.map { Double($0.microseconds) / 1_000_000 } }
}

/// On disk a distribution is one string of `latency:count` pairs, latencies as differences, a count of 1 left out:
/// `1200:3,5,20:2` is 1200 µs three times, 1205 µs once and 1225 µs twice. It is a tenth of the size of an object.
extension Distribution: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let distribution = Distribution(text: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a distribution: \(text.prefix(40))"))
        }
        self = distribution
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package var text: String {
        var last = 0
        return buckets.map { bucket in
            defer { last = bucket.microseconds }
            let step = bucket.microseconds - last
            return bucket.count == 1 ? "\(step)" : "\(step):\(bucket.count)"
        }.joined(separator: ",")
    }

    /// - Returns: nil when the text is not in the form that `text` writes.
    package init?(text: String) {
        var buckets: [Bucket] = []
        var latency = 0
        for pair in text.utf8.split(separator: UInt8(ascii: ",")) {
            let parts = pair.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            guard let step = parts.first.flatMap(Self.number), step >= 0 else { return nil }
            guard let count = parts.count == 2 ? Self.number(parts[1]) : 1, count > 0 else { return nil }
            let (next, overflow) = latency.addingReportingOverflow(step)
            if overflow { return nil }
            latency = next
            buckets.append(Bucket(microseconds: latency, count: count))
        }
        self.init(ascending: buckets)
    }

    private static func number(_ digits: Substring.UTF8View) -> Int? {
        guard !digits.isEmpty, digits.count < 17 else { return nil }
        var value = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 48)
        }
        return value
    }
}
