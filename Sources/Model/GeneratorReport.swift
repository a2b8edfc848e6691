/// How the load generator itself did while it measured.
package struct GeneratorReport: Codable, Sendable, Equatable {
    package var threads: Int
    /// CPU seconds of the generator's threads over the load.
    package var cpuSeconds: Double
    /// Wall-clock seconds of the load.
    package var seconds: Double
    /// The busiest second of any one thread, as a share of a core.
    package var peakThreadCPU: Share
    /// How long after its due time each request was sent, over the whole load.
    package var lag: Distribution
    /// One per thread that has had users; empty in records of versions that did not look.
    package var loops: [LoopReport]
    /// Requests that the schedule asked for.
    package var due: Int
    /// Requests that were sent.
    package var sent: Int
    /// In the second in which they were fewest; nil when the system did not say.
    package var fewestDescriptorsLeft: Int?
    package var fewestPortsLeft: Int?
    /// Where connections went, such as `[::1]:8080`; nil where the target's name has one address only.
    package var address: String?
    /// Seconds of the load at which its last request ended; nil where the load has no number of requests.
    package var lastEnded: Seconds?

    package init(
        threads: Int, cpuSeconds: Double, seconds: Double, peakThreadCPU: Share, lag: Distribution,
        loops: [LoopReport] = [], due: Int = 0, sent: Int = 0, fewestDescriptorsLeft: Int? = nil,
        fewestPortsLeft: Int? = nil, address: String? = nil, lastEnded: Seconds? = nil
    ) {
        self.threads = threads
        self.cpuSeconds = cpuSeconds
        self.seconds = seconds
        self.peakThreadCPU = peakThreadCPU
        self.lag = lag
        self.loops = loops
        self.due = due
        self.sent = sent
        self.fewestDescriptorsLeft = fewestDescriptorsLeft
        self.fewestPortsLeft = fewestPortsLeft
        self.address = address
        self.lastEnded = lastEnded
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        threads = try values.decode(Int.self, forKey: .threads)
        cpuSeconds = try values.decode(Double.self, forKey: .cpuSeconds)
        seconds = try values.decode(Double.self, forKey: .seconds)
        peakThreadCPU = try values.decode(Share.self, forKey: .peakThreadCPU)
        lag = try values.decode(Distribution.self, forKey: .lag)
        loops = try values.decodeIfPresent([LoopReport].self, forKey: .loops) ?? []
        due = try values.decodeIfPresent(Int.self, forKey: .due) ?? 0
        sent = try values.decodeIfPresent(Int.self, forKey: .sent) ?? 0
        fewestDescriptorsLeft = try values.decodeIfPresent(Int.self, forKey: .fewestDescriptorsLeft)
        fewestPortsLeft = try values.decodeIfPresent(Int.self, forKey: .fewestPortsLeft)
        address = try values.decodeIfPresent(String.self, forKey: .address)
        lastEnded = try values.decodeIfPresent(Seconds.self, forKey: .lastEnded)
    }
}

/// One thread of the generator over the whole load.
package struct LoopReport: Codable, Sendable, Equatable {
    package var cpuSeconds: Seconds
    /// Its busiest second, as a share of a core.
    package var peakCPU: Share
    /// How long after its time each timer fired.
    package var timerLag: Distribution

    package init(cpuSeconds: Seconds, peakCPU: Share, timerLag: Distribution) {
        self.cpuSeconds = cpuSeconds
        self.peakCPU = peakCPU
        self.timerLag = timerLag
    }
}

/// How the load generator did in one second of the load.
package struct GeneratorSecond: Codable, Sendable, Equatable {
    /// One per thread that has had users.
    package var loops: [LoopSecond]
    /// Requests that the schedule asked for in this second.
    package var due: Int
    /// Requests that were sent in this second.
    package var sent: Int
    /// Requests that were due and not sent yet at the end of the second.
    package var waiting: Int
    /// How long after its due time each request of this second was sent, to two digits.
    package var lag: Distribution
    /// Open connections, or such as are being made, at the end of the second.
    package var connections: Int
    /// Connections for which there are still descriptors; nil when the system did not say.
    package var descriptorsLeft: Int?
    /// Local ports left towards the target; nil when the system did not say.
    package var portsLeft: Int?
    /// nil where no control group limits the CPU, and in records of versions that did not look.
    package var quota: QuotaSecond?

    package init(
        loops: [LoopSecond], due: Int, sent: Int, waiting: Int, lag: Distribution, connections: Int,
        descriptorsLeft: Int? = nil, portsLeft: Int? = nil
    ) {
        self.loops = loops
        self.due = due
        self.sent = sent
        self.waiting = waiting
        self.lag = lag
        self.connections = connections
        self.descriptorsLeft = descriptorsLeft
        self.portsLeft = portsLeft
    }
}

/// What a limit on the CPU of its control group did to the generator in one second.
package struct QuotaSecond: Codable, Sendable, Equatable {
    /// That the group may use.
    package var cores: Double
    /// For how long of each second the group was stopped, summed over CPUs: it may be more than 1.
    package var stopped: Double
    /// Cores that the generator's own program used of them.
    package var used: Double

    package init(cores: Double, stopped: Double, used: Double) {
        self.cores = cores
        self.stopped = stopped
        self.used = used
    }
}

/// One thread of the generator in one second.
package struct LoopSecond: Codable, Sendable, Equatable {
    /// Of a core.
    package var cpu: Share
    /// How late the latest of its timers fired.
    package var timerLag: Seconds
    /// The share of the second in which it could have run and got no CPU; nil when the system did not say.
    package var cpuWait: Share?

    package init(cpu: Share, timerLag: Seconds, cpuWait: Share? = nil) {
        self.cpu = cpu
        self.timerLag = timerLag
        self.cpuWait = cpuWait
    }
}
