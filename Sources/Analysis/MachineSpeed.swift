package import Model

/// How fast the machine was while it was measured, second by second, as a multiple of a reference: 1 is the median of the
/// seconds given, 0.8 a fifth less work in the same CPU time.
///
/// It is the CPU time of a fixed calculation, which what is measured cannot speed up or slow down but by sharing the machine.
package struct MachineSpeed: Sendable, Equatable {
    /// CPU seconds of the calculation, by the second of the load in which it was measured.
    private let calculations: [Int: Seconds]
    /// CPU seconds that count as speed 1.
    package let reference: Seconds

    /// From here on a machine counts as slower than it was, and its speed as moved.
    package static let tolerance: Share = 0.1
    private static let fewestSeconds = 3
    /// CPU seconds of the calculation on a machine of speed 1, for what is compared between runs and machines.
    package static let common: Seconds = 0.001

    /// - Parameters:
    ///   - calculations: readings of `SignalKind.calculation`; one at the time t says what was in the second before t.
    ///   - reference: CPU seconds that count as speed 1; nil for the median of the readings.
    /// - Returns: nil without readings.
    package init?(_ calculations: [Signal.Point], reference: Seconds? = nil) {
        var read: [Int: Seconds] = [:]
        for point in calculations {
            guard let value = point.value, value > 0 else { continue }
            read[Int((point.time - 0.5).rounded(.down))] = value
        }
        guard let median = Self.median(Array(read.values)) else { return nil }
        self.calculations = read
        self.reference = reference ?? median
    }

    /// - Parameter record: of a whole load, or of what was watched of it so far.
    /// - Returns: nil where the record does not say.
    package init?(_ record: SignalRecord?, reference: Seconds? = nil) {
        guard let record, let series = record.series.first(where: { $0.kind == .calculation }) else { return nil }
        self.init(
            zip(record.times, series.values).map { Signal.Point(time: $0, value: $1) }, reference: reference)
    }

    /// Of one second of the load; nil where it was not measured.
    package subscript(second: Int) -> Double? { calculations[second].map { reference / $0 } }

    /// The mean over a stretch of the load, such as a plateau; nil where nothing was measured.
    package func relative(over seconds: Range<Int>) -> Double? {
        let speeds = seconds.compactMap { self[$0] }
        return speeds.isEmpty ? nil : speeds.reduce(0, +) / Double(speeds.count)
    }

    /// By how much a plateau's speed differs from the median of some plateaus: −0.2 is a fifth slower.
    package func deviation(of plateau: Range<Int>, among plateaus: [Range<Int>]) -> Double? {
        guard let speed = relative(over: plateau), let median = Self.median(plateaus.compactMap(relative)) else {
            return nil
        }
        return speed / median - 1
    }

    /// Whether the means of a stretch's thirds lie further apart than the tolerance; nil where a third was not measured.
    package func moved(within seconds: Range<Int>) -> Bool? {
        guard seconds.count >= Self.fewestSeconds else { return nil }
        let bounds = (0...3).map { seconds.lowerBound + seconds.count * $0 / 3 }
        let thirds = zip(bounds, bounds.dropFirst()).compactMap { relative(over: $0..<$1) }
        guard thirds.count == 3, let slowest = thirds.min(), let fastest = thirds.max() else { return nil }
        return fastest / slowest > 1 + Self.tolerance
    }

    private static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
