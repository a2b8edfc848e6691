import Glibc

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): eight bytes of state,
/// so that each user has its own stream and a request can be drawn again from the state it was drawn with.
package struct RandomSource: Sendable, Equatable {
    package private(set) var state: UInt64

    package init(state: UInt64) {
        self.state = state
    }

    /// The stream of one user: the same seed and ordinal give the same requests and think times in every run.
    package init(seed: UInt64, ordinal: Int) {
        var mixer = RandomSource(state: seed)
        let base = mixer.next()
        var spread = RandomSource(state: base ^ UInt64(truncatingIfNeeded: ordinal))
        state = spread.next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// Uniform in `0 ..< 1`.
    package mutating func fraction() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Exponential with mean 1, by inversion.
    package mutating func exponential() -> Double { -log1p(-fraction()) }

    /// Uniform in `0 ..< bound` by the high half of a product; its bias is below `bound / 2^64`.
    package mutating func below(_ bound: UInt64) -> UInt64 {
        next().multipliedFullWidth(by: bound).high
    }

    package mutating func integer(in range: ClosedRange<Int>) -> Int {
        let width = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound)) &+ 1
        let step = width == 0 ? next() : below(width)
        return range.lowerBound &+ Int(truncatingIfNeeded: step)
    }
}
