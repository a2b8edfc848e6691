package import Model

/// The rate of arrivals as a function of time: it moves in a straight line, then stays. Times are nanoseconds of the
/// monotonic clock; arrivals are counted from the beginning of the load, so that schedules that follow each other go on
/// where the one before was.
package struct RateSchedule: Sendable, Equatable {
    private let from: Double
    private let goal: Double
    /// In seconds.
    private let ramp: Double
    private let began: UInt64
    /// Arrivals expected before `began`.
    private let base: Double

    /// - Parameters:
    ///   - from: arrivals per second at the beginning.
    ///   - base: arrivals expected before it.
    package init(from: Double = 0, goal: Double, over ramp: Seconds, began: UInt64, base: Double = 0) {
        self.from = max(0, from)
        self.goal = max(0, goal)
        self.ramp = max(0, ramp)
        self.began = began
        self.base = base
    }

    /// The schedule that moves from where this one is at a time to another rate.
    package func moving(to goal: Double, over ramp: Seconds, at time: UInt64) -> RateSchedule {
        RateSchedule(from: rate(at: time), goal: goal, over: ramp, began: time, base: expected(at: time))
    }

    /// Arrivals per second.
    package func rate(at time: UInt64) -> Double {
        let elapsed = elapsed(time)
        return elapsed >= ramp ? goal : from + (goal - from) * elapsed / ramp
    }

    /// Arrivals from the beginning of the load to `time`: the integral of the rate.
    package func expected(at time: UInt64) -> Double {
        let elapsed = elapsed(time)
        let moving = min(elapsed, ramp)
        let slope = ramp > 0 ? (goal - from) / ramp : 0
        return base + from * moving + slope * moving * moving / 2 + goal * (elapsed - moving)
    }

    /// When so many arrivals are expected, the inverse of `expected`; nil when they never are.
    package func time(reaching arrivals: Double) -> UInt64? {
        let wanted = arrivals - base
        guard wanted > 0 else { return began }
        let inRamp = (from + goal) / 2 * ramp
        let seconds: Double
        if wanted <= inRamp {
            let slope = (goal - from) / ramp
            // The root of slope/2·t² + from·t = wanted that stays exact when the slope is small.
            let root = max(0, from * from + 2 * slope * wanted).squareRoot()
            seconds = 2 * wanted / (from + root)
        } else {
            guard goal > 0 else { return nil }
            seconds = ramp + (wanted - inRamp) / goal
        }
        guard seconds < 1e9 else { return nil }
        return began + UInt64((seconds * 1e9).rounded())
    }

    private func elapsed(_ time: UInt64) -> Double { time > began ? Double(time - began) / 1e9 : 0 }
}

/// Where arrivals stand on the axis of expected arrivals: a schedule then says when each is due. At random they are a
/// Poisson process of rate 1, which the schedule stretches in time (Çinlar, "Introduction to Stochastic Processes",
/// 1975, chapter 4.7).
package struct ArrivalMarks: Sendable {
    private let law: ArrivalLaw
    private var random: RandomSource
    /// Of the arrival that `mark` stands for, from 0.
    package private(set) var number = 0
    package private(set) var mark: Double

    package init(law: ArrivalLaw, seed: UInt64) {
        self.law = law
        random = RandomSource(seed: seed, ordinal: .min)
        mark = 0
        if law == .poisson { mark = random.exponential() }
    }

    package mutating func advance() {
        number += 1
        mark += law == .poisson ? random.exponential() : 1
    }
}
