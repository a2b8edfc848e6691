/// A range of values that ends in round numbers.
struct Axis: Equatable {
    var lower: Double
    var upper: Double

    /// Holds 0 and all finite values; of the same values always the same axis.
    init(holding values: some Sequence<Double>) {
        var (low, high) = (0.0, 0.0)
        for value in values where value.isFinite {
            low = min(low, value)
            high = max(high, value)
        }
        upper = Self.roundUp(high)
        lower = -Self.roundUp(-low)
        if upper == lower { upper = lower + 1 }
    }

    /// 0 at the lower end, 1 at the upper.
    func position(of value: Double) -> Double {
        max(0, min(1, (value - lower) / (upper - lower)))
    }

    func value(at position: Double) -> Double { lower + (upper - lower) * position }

    /// The next of 1, 2, 4, 6, 8 times a power of ten: their halves are round too.
    static func roundUp(_ value: Double) -> Double {
        guard value > 0, value < 1e300 else { return 0 }
        var power = 1.0
        while power * 10 <= value { power *= 10 }
        while power > value { power /= 10 }
        for step in [1.0, 2, 4, 6, 8, 10] where step * power >= value * (1 - 1e-9) { return step * power }
        return 10 * power
    }
}
