import Foundation
package import Model

/// How much one run of the same may differ from the next on a machine that is not alone, as a standard deviation: of the
/// logarithm, or of a share. One run cannot show it, so single runs are compared with this allowance; runs that were
/// repeated show it themselves.
///
/// Measured on a virtual machine of two cores that other programs used too: eleven runs of the same with a store at its CPU
/// limit made 1,130 to 1,660 requests/s, a standard deviation of 10 %, although the store used the same CPU in each.
package enum RunSpread {
    /// What is known of a spread beforehand, and as how many readings of one's own that counts.
    struct Prior: Sendable {
        /// A standard deviation.
        var deviation: Double
        var freedom: Double
    }

    /// Of what the stack can handle: mostly the speed of the machine.
    package static let capacity = 0.1
    /// Of the limit: it depends on the same, and a few slow seconds near it decide. Two groups of five equal searches each
    /// differed by 10 and 16 %.
    package static let limit = 0.13
    /// Of a limit that was estimated from several trials: their spread is in the estimate; what is left is how the machine's speed
    /// moves from one search to the next, for which how it moved within this one stands.
    /// - Parameter speeds: of the machine, in each trial; what was not measured is allowed for as before.
    package static func ofEstimate(speeds: [Double]) -> Double {
        guard speeds.count > 1 else { return limit }
        let logarithms = speeds.map { log($0) }
        let mean = logarithms.reduce(0, +) / Double(speeds.count)
        let squares = logarithms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return max(steadySpeed, (squares / Double(speeds.count - 1)).squareRoot())
    }

    /// Even where the speed did not move.
    private static let steadySpeed = 0.03
    /// Of latencies where the stack has room.
    package static let latency = 0.1
    package static let errorRate = 0.005
    /// Of the CPU of a part that its quota stopped in all periods: it takes what it is given, however fast the machine is at
    /// the time and whatever comes out of it. Among the same eleven runs the store's CPU differed by 1.8 %; in ten of eleven
    /// groups of 3 to 21 runs by 0.8 to 2.4 %, in the eleventh, some of whose runs it stopped in 96 % only, by 4.9 %.
    package static let quota = 0.02
    /// Of the CPU of a part that has room, and of CPU time per request: among 23 runs of 400 users who think, with the same
    /// requests/s to 0.2 %, the store's CPU differed by 17 %.
    package static let use = 0.17
    /// How much the use of one second differs from that of the next where a quota stopped a part in nearly all periods, as a
    /// share: among 305 steps of five seconds or more, by 5 %.
    static let heldSecond = Prior(deviation: 0.05, freedom: 20)
    /// From this share of its periods on, a part was stopped in nearly all.
    static let held: Share = 0.9
    /// From here on other programs' share of the machine is one.
    static let notable: Share = 0.1
    /// Of the variance that is allowed for, the part that is alike for all repeats of one run and another for the next: eight
    /// runs of three repeats each, four with one CPU limit and four with another, differed by 11 % among those of the same
    /// limit; the repeats of six of them by 2 to 8 %, of two by more.
    static let drift: Share = 0.7
    /// From this use of its limit on, what a part of the stack can handle decides how long requests wait.
    static let crowded: Share = 0.7

    /// Of a latency. Where the stack has little room, a small difference of what it can handle is a large one of the latency: in a
    /// closed loop of N users who think Z, the latency is N/C − Z for what it can handle, C, and so differs by (Z + R) times
    /// as much as C in proportion (the interactive response time law); with room left, as the waiting time of an open queue
    /// does, 1 / (1 − use).
    /// - Parameters:
    ///   - cycle: Z + R; nil where no users wait for answers.
    ///   - use: of its limit, by the part of the stack that is nearest to it; nil when not known.
    ///   - capacity: allowed for what the stack can handle.
    package static func ofLatency(
        _ latency: Seconds, cycle: Seconds?, use: Share?, capacity: Double = capacity
    ) -> Double {
        let room = 1 - min(0.98, max(0, use ?? 0.98))
        let open = max(Self.latency, capacity / room)
        guard let cycle, latency > 0 else { return open }
        let closed = max(Self.latency, capacity * cycle / latency)
        return use ?? 1 < crowded ? min(open, closed) : closed
    }

    /// Of the CPU that a part used.
    ///
    /// The kernel hands a limit out in slices, and what is left of them is lost; how much depends on what else runs. So beside
    /// other programs a held part may use more, up to its limit and no further: their share of that way is allowed. In a period
    /// in which it was not stopped it used less than it was given: a third of that is allowed, until it is as much as for a
    /// part that has room.
    /// - Parameters:
    ///   - quota: nil where it has no quota or capacity.
    ///   - others: other programs' share of the machine.
    static func ofUse(_ cores: Double, quota: Figure.Quota?, others: Share) -> Double {
        let free = ofCapacity(others: others, at: use)
        guard let quota, cores > 0 else { return free }
        return min(free, Self.quota + (1 - quota.stopped) / 3 + max(0, others) * max(0, log(quota.cores / cores)))
    }

    /// Of what the stack can handle where other programs had a share of the machine: another run may have had all of it.
    /// - Parameters:
    ///   - others: their share; less than a tenth is within the exactness of the account, since the kernel counts what the
    ///     machine did by its clock's ticks.
    ///   - rest: where nothing else runs.
    package static func ofCapacity(others: Share, at rest: Double = capacity) -> Double {
        rest + (others >= notable ? others : 0)
    }
}
