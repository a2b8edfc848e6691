import Foundation
import LoadGenerator
package import Model

/// How fast an application works in the seconds since its restart; 1 is as fast as its rate says.
package enum Pace: Sendable {
    case even
    /// It stands still for some time at the beginning of every period.
    case pauses(every: Seconds, length: Seconds)
    /// From a share of its speed at the restart, in a straight line, to all of it.
    case warmUp(from: Double, seconds: Seconds)
    /// The machine's own speed wanders: per second a new one, whose logarithm has this standard deviation, and this correlation
    /// with the second before.
    case wander(deviation: Double, correlation: Double, speeds: [Double] = [])
    /// It gets slower by a factor after some seconds.
    case slowdown(after: Seconds, factor: Double)

    mutating func restart(_ random: inout RandomSource) {
        guard case .wander(let deviation, let correlation, _) = self else { return }
        var value = deviation * random.normal()
        let step = deviation * (1 - correlation * correlation).squareRoot()
        let speeds = (0..<60).map { _ in
            value = correlation * value + step * random.normal()
            return exp(value)
        }
        self = .wander(deviation: deviation, correlation: correlation, speeds: speeds)
    }

    /// - Parameter time: in seconds since the restart.
    func machineSpeed(at time: Seconds) -> Double? {
        guard case .wander(_, _, let speeds) = self, !speeds.isEmpty else { return nil }
        return speeds[max(0, min(speeds.count - 1, Int(time)))]
    }

    /// When some work is done that is begun at a time.
    /// - Parameters:
    ///   - work: in seconds at a speed of 1.
    ///   - start: in seconds since the restart.
    func end(of work: Seconds, from start: Seconds) -> Seconds {
        switch self {
        case .even: return start + work
        case .pauses(let period, let length):
            let phase = start.truncatingRemainder(dividingBy: period)
            return (phase < length ? start + length - phase : start) + work
        case .warmUp(let share, let seconds):
            return start + work / (share + (1 - share) * min(1, start / seconds))
        case .wander(_, _, let speeds):
            return start + work / (speeds.isEmpty ? 1 : speeds[min(speeds.count - 1, Int(start))])
        case .slowdown(let seconds, let factor):
            return start + (start < seconds ? work : work * factor)
        }
    }
}
