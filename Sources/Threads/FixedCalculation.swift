/// Work that is the same each time, so that the time it takes says how fast a processor is just then.
///
/// Each round depends on the one before, so that it has no more than one instruction under way at a time, and no compiler
/// can shorten it. It stays in registers: neither the caches nor the bandwidth of the memory have a part in it, and what
/// others do with the memory does not show.
enum FixedCalculation {
    /// Six cycles each (multiply, add, shift, exclusive or): about a millisecond at 3 GHz.
    private static let rounds = 500_000

    /// - Returns: a number that depends on all rounds; whoever asks keeps it, so that the work is not left out.
    @inline(never) static func run(from seed: UInt64) -> UInt64 {
        var value = seed
        // Factor and increment of a linear congruential generator (D. E. Knuth's MMIX).
        for _ in 0..<rounds {
            value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            value ^= value >> 29
        }
        return value
    }
}
