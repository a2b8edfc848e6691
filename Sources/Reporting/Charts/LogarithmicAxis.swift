/// A logarithmic range of positive values that ends in round numbers.
struct LogarithmicAxis: Equatable {
    let lower: Double
    let upper: Double
    /// From the lower end to the upper.
    let labels: [Double]

    /// Holds all positive finite values; what is not positive is shown at the lower end. Over two powers of ten and more the
    /// axis ends at powers of ten, over less at 1, 2 or 5 times one.
    /// - Returns: nil where no value is positive.
    init?(holding values: some Sequence<Double>) {
        let positive = values.filter { $0 > 0 && $0.isFinite }
        guard let least = positive.min(), let most = positive.max() else { return nil }
        let decades = Self.power(atMost: least)
        if most / least >= 20 {
            let lower = decades
            var labels = [lower]
            while labels[labels.count - 1] < most * (1 - 1e-9) {
                labels.append(Self.rounded(labels[labels.count - 1] * 10))
            }
            if labels.count == 1 { labels.append(lower * 10) }
            self.labels = labels
        } else {
            let steps = [1.0, 2, 5]
            var labels: [Double] = []
            var power = decades
            while labels.last.map({ $0 < most * (1 - 1e-9) }) ?? true {
                for step in steps {
                    let value = Self.rounded(step * power)
                    if labels.last.map({ $0 >= most * (1 - 1e-9) }) ?? false { break }
                    // The last that is not above the least begins the axis.
                    if value <= least * (1 + 1e-9) { labels = [value] } else { labels.append(value) }
                }
                power *= 10
            }
            if labels.count == 1 { labels.append(labels[0] * 2) }
            self.labels = labels
        }
        lower = labels[0]
        upper = labels[labels.count - 1]
    }

    /// 0 at the lower end, 1 at the upper.
    func position(of value: Double) -> Double {
        guard value > 0 else { return 0 }
        let (low, high) = (LineChart.logarithm(lower), LineChart.logarithm(upper))
        return max(0, min(1, (LineChart.logarithm(value) - low) / (high - low)))
    }

    private static func power(atMost value: Double) -> Double {
        var power = 1.0
        while power * 10 <= value * (1 + 1e-9) { power *= 10 }
        while power > value * (1 + 1e-9) { power /= 10 }
        return rounded(power)
    }

    /// Without the error that repeated division leaves.
    private static func rounded(_ value: Double) -> Double {
        value >= 1 ? value.rounded() : (value * 1e9).rounded() / 1e9
    }
}
