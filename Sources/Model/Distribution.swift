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
///
/// Where all latencies are middles of a histogram's buckets, the numbers of these stand in place of the longer ones in µs, with the
/// bits of their numbering before them (`BucketNumbering`): `11;4200,1:2` is bucket 4200, whose middle is 9028 µs, once, and
/// bucket 4201, 9036 µs, twice. Whole records have two thirds of the size then.
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
        let numbering = numbering
        var last = 0
        let pairs = buckets.map { bucket in
            let place = numbering?.number(of: bucket.microseconds) ?? bucket.microseconds
            defer { last = place }
            return bucket.count == 1 ? "\(place - last)" : "\(place - last):\(bucket.count)"
        }
        return (numbering.map { "\($0.bits);" } ?? "") + pairs.joined(separator: ",")
    }

    /// The widest buckets whose middles the latencies are; nil for none, and where each microsecond has a bucket.
    private var numbering: BucketNumbering? {
        guard let last = buckets.last else { return nil }
        // Of `coarse`, and of the load generator's histograms of two and of three digits.
        return [5, 8, 11].map(BucketNumbering.init).first { numbering in
            buckets.allSatisfy { numbering.middle(of: numbering.number(of: $0.microseconds)) == $0.microseconds }
        }.flatMap { last.microseconds >> $0.bits > 0 ? $0 : nil }
    }

    /// - Returns: nil when the text is not in the form that `text` writes.
    package init?(text: String) {
        var text = text
        let read = text.withUTF8 { Distribution(digits: UnsafeRawBufferPointer($0)) }
        guard let read else { return nil }
        self = read
    }

    /// - Parameter digits: the bytes of what `text` writes.
    /// - Returns: nil when they are not in that form.
    package init?(digits: UnsafeRawBufferPointer) {
        let comma = UInt8(ascii: ",")
        var buckets: [Bucket] = []
        buckets.reserveCapacity(digits.isEmpty ? 0 : digits.reduce(1) { $1 == comma ? $0 + 1 : $0 })
        guard let (numbering, begin) = Self.numbering(digits) else { return nil }
        var (latency, total, place) = (0, 0, begin)
        while place < digits.count {
            guard digits[place] != comma else {
                place += 1
                continue
            }
            guard let step = Self.number(digits, &place) else { return nil }
            var count = 1
            if place < digits.count, digits[place] == UInt8(ascii: ":") {
                place += 1
                guard let said = Self.number(digits, &place), said > 0 else { return nil }
                count = said
            }
            guard place == digits.count || digits[place] == comma else { return nil }
            let (next, isTooLate) = latency.addingReportingOverflow(step)
            let (sum, isTooMany) = total.addingReportingOverflow(count)
            if isTooLate || isTooMany { return nil }
            (latency, total) = (next, sum)
            guard let microseconds = numbering.map({ $0.middle(of: next) }) ?? next else { return nil }
            buckets.append(Bucket(microseconds: microseconds, count: count))
        }
        self.init(checked: buckets, count: total)
    }

    /// - Returns: in what the text counts, nil for microseconds, and where its pairs begin; nil where it does not say so rightly.
    private static func numbering(_ digits: UnsafeRawBufferPointer) -> (BucketNumbering?, Int)? {
        guard let mark = digits.prefix(3).firstIndex(of: UInt8(ascii: ";")) else { return (nil, 0) }
        var place = 0
        guard let bits = number(digits, &place), place == mark, (2...20).contains(bits) else { return nil }
        return (BucketNumbering(bits: bits), mark + 1)
    }

    /// A number of at most 16 digits that begins at a place, which is moved behind it.
    private static func number(_ digits: UnsafeRawBufferPointer, _ place: inout Int) -> Int? {
        let start = place
        var value = 0
        while place < digits.count, (48...57).contains(digits[place]) {
            guard place - start < 16 else { return nil }
            value = value * 10 + Int(digits[place] - 48)
            place += 1
        }
        return place > start ? value : nil
    }
}
