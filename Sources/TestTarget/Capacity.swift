import Foundation

/// A server that completes exactly `rate` requests per second, without I/O: times come in, and the time of the answer goes
/// out. Times are nanoseconds of one monotonic clock.
package struct Capacity: Sendable, Equatable {
    package enum Excess: Sendable, Equatable {
        /// What comes too fast waits, however long.
        case wait
        /// What comes too fast waits, and each request takes a random time, exponential with the mean 1 / `rate`: one server of
        /// queueing theory, M/M/1 for arrivals by chance, the machine repairman for users who think.
        case waitAtRandom
        /// What comes too fast is refused, once `allowance` seconds of work have come ahead of their time.
        case refuse(allowance: Double)
    }

    package enum Verdict: Sendable, Equatable {
        case answer(at: UInt64)
        case refused
    }

    /// Requests per second.
    package let rate: Double
    package let excess: Excess
    /// When the work that was taken on is done, in nanoseconds; with fractions, so that no rate is rounded.
    private var free = 0.0

    package init(rate: Double, excess: Excess) {
        self.rate = rate
        self.excess = excess
    }

    /// Takes a request on at `now`, in the order of the calls.
    package mutating func admit(at now: UInt64) -> Verdict {
        let (now, service) = (Double(now), 1e9 / rate)
        let begin = max(now, free)
        switch excess {
        case .wait:
            free = begin + service
            return .answer(at: UInt64(free))
        case .waitAtRandom:
            free = begin - service * log(1 - Double.random(in: 0..<1))
            return .answer(at: UInt64(free))
        case .refuse(let allowance):
            // A bucket of tokens told by the time at which it is full (ITU-T I.371, generic cell rate algorithm).
            guard begin + service <= now + max(allowance * 1e9, service) else { return .refused }
            free = begin + service
            return .answer(at: UInt64(now))
        }
    }
}
