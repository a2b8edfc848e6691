/// Numbers buckets that are as wide as one part in a power of two of their latency, as those of the load generator's histograms
/// are: one for each microsecond below 2 to the power of `bits`, and half as many for each further power of two.
struct BucketNumbering {
    let bits: Int

    /// Of the bucket that holds a latency.
    func number(of microseconds: Int) -> Int {
        let shift = max(0, Int.bitWidth - microseconds.leadingZeroBitCount - bits)
        return (shift << (bits - 1)) + (microseconds >> shift)
    }

    /// The latency in the middle of a bucket, in microseconds; nil where it is longer than an `Int` holds.
    func middle(of number: Int) -> Int? {
        let half = 1 << (bits - 1)
        guard number >= 2 * half else { return number }
        let shift = number / half - 1
        guard shift + bits < Int.bitWidth - 1 else { return nil }
        return ((half + number % half) << shift) + (1 << shift) / 2
    }
}
