import FaultProxy
import TestSupport
import Testing

/// In virtual time.
@Suite(.timed) struct TokenBucketTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func itIsEmptyAtFirst() {
        var bucket = TokenBucket(bytesPerSecond: 1000, now: 5)
        #expect(bucket.available(at: 5) == 0)
        #expect(bucket.available(at: 4) == 0)
    }

    @Test(arguments: [1, 50, 1_000, 123_456, 50_000_000])
    func neverMoreThanTheRateWhoeverAsks(rate: Int) {
        var bucket = TokenBucket(bytesPerSecond: rate, now: 0)
        var (sent, now) = (0, UInt64(0))
        while now < 3 * Self.second {
            let left = bucket.available(at: now)
            if left >= bucket.portion {
                bucket.take(bucket.portion)
                sent += bucket.portion
                #expect(Double(sent) <= Double(rate) * Double(now) / 1e9 + 1)
            } else {
                let next = bucket.time(of: bucket.portion)
                #expect(next > now)
                now = next
            }
        }
        // Who always asks as soon as he may loses nothing of it.
        #expect(sent >= 2 * rate)
    }

    @Test func whatGathersWhileNothingIsSentIsSmall() {
        var bucket = TokenBucket(bytesPerSecond: 1_000_000, now: 0)
        #expect(bucket.available(at: 100 * Self.second) == 20_000)
    }

    @Test func thePortionIsThereWhenTheBucketSaysSo() {
        var bucket = TokenBucket(bytesPerSecond: 777, now: 0)
        for wanted in 1...bucket.portion {
            let time = bucket.time(of: wanted)
            #expect(bucket.available(at: time) >= wanted)
            bucket.take(wanted)
        }
    }
}
