import Model
import TestSupport
import Testing

@Suite(.timed) struct DistributionTests {
    let sample = Distribution(ascending: [
        .init(microseconds: 1200, count: 3), .init(microseconds: 1205, count: 1), .init(microseconds: 1225, count: 2),
    ])

    @Test func percentilesAreNearestRank() {
        #expect(sample.percentile(0) == 0.001_200)
        #expect(sample.percentile(50) == 0.001_200)
        #expect(sample.percentile(51) == 0.001_205)
        #expect(sample.percentile(95) == 0.001_225)
        #expect(Distribution().percentile(50) == nil)
    }

    @Test func meanAndMaximumAreExact() throws {
        let mean = try #require(sample.mean)
        #expect(abs(mean - (3 * 1200 + 1205 + 2 * 1225) / 6_000_000) < 1e-12)
        #expect(sample.maximum == 0.001_225)
    }

    @Test func textRoundTrips() {
        #expect(sample.text == "1200:3,5,20:2")
        #expect(Distribution(text: sample.text) == sample)
        #expect(Distribution(text: "") == Distribution())
    }

    /// Of histograms of three digits, of two, and of what was made coarse.
    @Test(arguments: [11, 8, 5]) func middlesOfBucketsAreWrittenAsTheirNumbers(bits: Int) throws {
        let numbers = [3, 5 << (bits - 1), 5 << (bits - 1) + 1, 9 << (bits - 1) + 7, 12 << (bits - 1)]
        let buckets = numbers.map { number in
            let shift = max(0, number >> (bits - 1) - 1)
            let start = shift == 0 ? number : (1 << (bits - 1) + number % (1 << (bits - 1))) << shift
            return Distribution.Bucket(microseconds: start + (1 << shift) / 2, count: number % 3 + 1)
        }
        let distribution = Distribution(ascending: buckets)
        #expect(distribution.text.hasPrefix("\(bits);3,"), "\(distribution.text)")
        #expect(Distribution(text: distribution.text) == distribution)
    }

    @Test func theTextOfADistributionIsTheDocumentedOne() {
        let distribution = Distribution(ascending: [
            .init(microseconds: 9028, count: 1), .init(microseconds: 9036, count: 2),
        ])
        #expect(distribution.text == "11;4200,1:2")
        #expect(Distribution(text: "11;4200,1:2") == distribution)
        // As older versions wrote it.
        #expect(Distribution(text: "9028,8:2") == distribution)
    }

    @Test func whatIsNoMiddleOfABucketIsWrittenInMicroseconds() {
        let odd = Distribution(ascending: [.init(microseconds: 8611, count: 1), .init(microseconds: 90_001, count: 1)])
        #expect(odd.text == "8611,81390" && Distribution(text: odd.text) == odd)
    }

    @Test(arguments: [
        "a", "1:0", "-5", "1,,2", "1:2:3", "99999999999999999999", "1200:", ";5", "1;5", "99;5", "11;a",
        "11;9999999999", "123;4",
    ])
    func damagedTextIsRefused(text: String) {
        if text == "1,,2" {
            #expect(Distribution(text: text) == Distribution(text: "1,2"))
        } else {
            #expect(Distribution(text: text) == nil)
        }
    }

    @Test func coarseKeepsCountsAndLatenciesToAboutThreePercent() throws {
        let fine = Distribution(ascending: (1...400).map { .init(microseconds: $0 * $0 * 7, count: $0) })
        let coarse = fine.coarse
        #expect(coarse.count == fine.count && coarse.buckets.count < fine.buckets.count / 2)
        for percentile in [1.0, 50, 95, 99.9] {
            let (exact, near) = (try #require(fine.percentile(percentile)), try #require(coarse.percentile(percentile)))
            #expect(abs(near - exact) <= exact / 30)
        }
        #expect(coarse.coarse == coarse && Distribution(text: coarse.text) == coarse)
        let small = Distribution(ascending: (0...15).map { .init(microseconds: $0, count: 1) })
        #expect(small.coarse == small && Distribution().coarse == Distribution())
        #expect(Distribution(ascending: [.init(microseconds: .max, count: 2)]).coarse.count == 2)
    }

    @Test func mergingAddsCounts() {
        let other = Distribution(ascending: [.init(microseconds: 1205, count: 4)])
        let merged = Distribution.merged([sample, other])
        #expect(merged.count == 10)
        #expect(merged.text == "1200:3,5:5,20:2")
    }

    @Test(arguments: [
        FailureKind.refused, .reset, .timeout, .connect, .exhausted, .tls, .status(503), .check, .malformed, .stream,
    ])
    func failureKindsRoundTrip(kind: FailureKind) {
        #expect(FailureKind(rawValue: kind.rawValue) == kind)
    }
}
