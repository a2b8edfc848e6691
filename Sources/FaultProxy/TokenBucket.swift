/// Lets so many bytes through per second, however many ask (token bucket; J. Turner, "New directions in communications",
/// 1986). It reads no clock: times come in, in nanoseconds.
package struct TokenBucket: Sendable {
    /// The most that has gathered while nothing was sent: what 20 ms carry, or one portion.
    private let capacity: Double
    private let perNanosecond: Double
    private var tokens = 0.0
    private var asOf: UInt64
    /// The most that one of several connections gets at a time, so that they take turns.
    package let portion: Int

    /// It is empty at first.
    package init(bytesPerSecond: Int, now: UInt64) {
        portion = max(1, min(4096, bytesPerSecond / 100))
        capacity = max(Double(portion), Double(bytesPerSecond) * 0.02)
        perNanosecond = Double(bytesPerSecond) / 1e9
        asOf = now
    }

    /// How many bytes may be sent now.
    package mutating func available(at now: UInt64) -> Int {
        if now > asOf {
            tokens = min(capacity, tokens + Double(now - asOf) * perNanosecond)
            asOf = now
        }
        return Int(tokens)
    }

    /// - Parameter count: no more than are available.
    package mutating func take(_ count: Int) { tokens -= Double(count) }

    /// When so many bytes, at most a portion, may be sent if nobody sends any before.
    package func time(of count: Int) -> UInt64 {
        let missing = Double(min(count, portion)) - tokens
        return missing <= 0 ? asOf : asOf + UInt64((missing / perNanosecond).rounded(.up)) + 1
    }
}
