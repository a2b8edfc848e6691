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
    /// One per agent that generated the load; nil where this process did.
    package var agents: [AgentReport]?

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
        agents = try values.decodeIfPresent([AgentReport].self, forKey: .agents)
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
    /// Connections that were established in this second; nil in records of versions that did not count them.
    package var opened: Int?
    /// Connections for which there are still descriptors; nil when the system did not say.
    package var descriptorsLeft: Int?
    /// Local ports left towards the target; nil when the system did not say.
    package var portsLeft: Int?
    /// nil where no control group limits the CPU, and in records of versions that did not look.
    package var quota: QuotaSecond?
    /// Each agent's own, in which `agents` and `lost` are nil; nil where this process generates the load.
    package var agents: [AgentSecond]?
    /// Names of agents whose part of the load is missing in this second, since they were lost; nil for none.
    package var lost: [String]?

    package init(
        loops: [LoopSecond], due: Int, sent: Int, waiting: Int, lag: Distribution, connections: Int,
        opened: Int? = nil, descriptorsLeft: Int? = nil, portsLeft: Int? = nil
    ) {
        self.loops = loops
        self.due = due
        self.sent = sent
        self.waiting = waiting
        self.lag = lag
        self.connections = connections
        self.opened = opened
        self.descriptorsLeft = descriptorsLeft
        self.portsLeft = portsLeft
    }
}

/// How one of several agents did in one second of the load.
package struct AgentSecond: Codable, Sendable, Equatable {
    package var name: String
    package var generator: GeneratorSecond
    /// Requests for which its machine had no port or descriptor left; nil for none.
    package var exhausted: Int?

    package init(name: String, generator: GeneratorSecond, exhausted: Int? = nil) {
        self.name = name
        self.generator = generator
        self.exhausted = exhausted
    }
}

/// One agent over the whole load.
package struct AgentReport: Codable, Sendable, Equatable {
    package var name: String
    package var machine: AgentMachine
    /// By how much its monotonic clock is ahead of the one of this machine.
    package var clockOffset: Seconds
    /// That offset is true within this.
    package var clockBound: Seconds
    /// CPU seconds of its threads that sent the load; nil of an agent that was lost, which told nothing at its end.
    package var cpuSeconds: Seconds?
    /// The busiest second of any one of its threads, as a share of a core; nil as above.
    package var peakThreadCPU: Share?
    package var fewestDescriptorsLeft: Int?
    package var fewestPortsLeft: Int?
    /// nil where it stayed to the end.
    package var loss: AgentLoss?

    package init(
        name: String, machine: AgentMachine, clockOffset: Seconds, clockBound: Seconds, cpuSeconds: Seconds? = nil,
        peakThreadCPU: Share? = nil, fewestDescriptorsLeft: Int? = nil, fewestPortsLeft: Int? = nil,
        loss: AgentLoss? = nil
    ) {
        self.name = name
        self.machine = machine
        self.clockOffset = clockOffset
        self.clockBound = clockBound
        self.cpuSeconds = cpuSeconds
        self.peakThreadCPU = peakThreadCPU
        self.fewestDescriptorsLeft = fewestDescriptorsLeft
        self.fewestPortsLeft = fewestPortsLeft
        self.loss = loss
    }
}

/// What an agent says of the machine that it runs on.
package struct AgentMachine: Codable, Sendable, Equatable {
    /// Its own name for itself.
    package var host: String
    /// For example `x86_64`.
    package var architecture: String
    /// Version of the Linux kernel.
    package var kernel: String
    package var cores: Int
    /// Open files that one table may have; nil where the system does not say.
    package var openFiles: Int?
    /// Local ports that connections get; nil where the system does not say.
    package var ports: ClosedRange<Int>?

    package init(
        host: String, architecture: String, kernel: String, cores: Int, openFiles: Int?, ports: ClosedRange<Int>?
    ) {
        self.host = host
        self.architecture = architecture
        self.kernel = kernel
        self.cores = cores
        self.openFiles = openFiles
        self.ports = ports
    }
}

/// How an agent was lost.
package struct AgentLoss: Codable, Sendable, Equatable {
    package enum Cause: String, Codable, Sendable {
        /// Its connection ended.
        case ended
        /// A second came too late, or not at all.
        case silent
        /// It sent what is no message.
        case garbled
    }

    package var cause: Cause
    /// Of the load: the first that lacks its part.
    package var second: Int

    package init(cause: Cause, second: Int) {
        self.cause = cause
        self.second = second
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
