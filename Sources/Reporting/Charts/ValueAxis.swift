/// The y axis of a chart.
enum ValueAxis: Equatable {
    case linear(Axis)
    case logarithmic(LogarithmicAxis)

    /// 0 at the lower end, 1 at the upper.
    func position(of value: Double) -> Double {
        switch self {
        case .linear(let axis): axis.position(of: value)
        case .logarithmic(let axis): axis.position(of: value)
        }
    }

    /// The values that are labelled.
    /// - Parameter middle: of a linear axis, the value half-way too.
    func marks(_ numbers: Numbers, middle: Bool) -> [(value: Double, label: String)] {
        switch self {
        case .linear(let axis):
            let highest = max(axis.upper.magnitude, axis.lower.magnitude)
            let digits = highest >= 10 ? 0 : highest >= 1 ? 1 : highest >= 0.1 ? 2 : highest >= 0.01 ? 3 : 5
            let values = [axis.upper] + (middle ? [axis.value(at: 0.5)] : []) + [axis.lower]
            return values.map { ($0, numbers.decimal($0, digits: digits)) }
        case .logarithmic(let axis):
            return axis.labels.reversed().map { ($0, numbers.exact($0)) }
        }
    }
}
