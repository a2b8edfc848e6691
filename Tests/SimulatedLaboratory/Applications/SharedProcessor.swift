import LoadGenerator
package import Model

/// Some processors that all requests share evenly, none of which can use more than one (egalitarian processor sharing).
package struct SharedProcessor: SimulatedApplication {
    private let cores: Double
    /// Of one core, in requests per second.
    private let rate: Double
    private var random: RandomSource
    /// Requests by the work, per request, at which each is done.
    private var jobs = EventQueue<Int>()
    /// Work that every request present had since the restart, in seconds of a core.
    private var attained = 0.0
    private var last: Seconds = 0

    package init(cores: Double, rate: Double, seed: UInt64) {
        self.cores = cores
        self.rate = rate
        random = RandomSource(seed: seed, ordinal: 0)
    }

    private var speed: Double { jobs.count == 0 ? 1 : min(1, cores / Double(jobs.count)) }

    private mutating func advance(to time: Seconds) {
        attained += (time - last) * speed
        last = time
    }

    package mutating func accept(_ request: Int, at time: Seconds) -> SimulatedAnswer? {
        advance(to: time)
        jobs.add(request, at: attained + random.exponential() / rate)
        return nil
    }

    package var nextEnd: Seconds { jobs.count == 0 ? .infinity : last + max(0, jobs.nextTime - attained) / speed }

    package mutating func end() -> Int {
        advance(to: nextEnd)
        return jobs.removeFirst() ?? 0
    }

    package mutating func restart(at time: Seconds, for users: Int) {
        jobs.removeAll()
        (attained, last) = (0, time)
    }
}
