/// Something that is done to a part of the stack in the middle of a load, so that its cost can be counted.
package struct Fault: Codable, Sendable, Equatable {
    /// When it begins, in seconds since the load began.
    package var at: Seconds
    /// How long it lasts; nil of what has no end (`kill`, `start`), and of what lasts until the load ends.
    package var duration: Seconds?
    package var target: FaultTarget
    package var action: FaultAction

    package init(at: Seconds, duration: Seconds? = nil, target: FaultTarget, action: FaultAction) {
        self.at = at
        self.duration = duration
        self.target = target
        self.action = action
    }
}

/// To which part of the stack a fault is done.
package enum FaultTarget: Codable, Sendable, Equatable {
    /// The component of that name, for example `store-2` or `mysql`.
    case part(String)
    /// One of the replicas, drawn with the load's seed.
    case randomReplica
}

/// What is done to the part.
package enum FaultAction: Codable, Sendable, Equatable {
    /// It ends at once, as by SIGKILL, and nobody starts it again.
    case kill
    /// It is started again after a `kill`.
    case start
    /// It is stopped where it stands and goes on at the fault's end: SIGSTOP, or the engine's pause.
    case pause
    /// Every byte to it and from it is late by so much, drawn uniformly per chunk.
    case slow(from: Seconds, to: Seconds)
    /// Connections to it are closed, and new ones refused.
    case cut
    /// All connections to it together carry so many bytes per second in each direction.
    case bandwidth(bytesPerSecond: Int)
    /// Its CPU quota, in cores.
    case throttle(cores: Double)
    /// So many of the connections that it accepts are held open, unused.
    case hold(connections: Int)

    /// Whether it is made by the proxy that stands between the parts.
    package var needsProxy: Bool {
        switch self {
        case .slow, .cut, .bandwidth: true
        case .kill, .start, .pause, .throttle, .hold: false
        }
    }
}

/// How rarely requests may fail in the long run, against which a fault's cost is set: `99.9% per 30d`.
package struct ErrorBudget: Codable, Sendable, Equatable {
    /// The share of requests that must succeed, for example 0.999.
    package var objective: Share
    package var period: Seconds

    package init(objective: Share, period: Seconds) {
        self.objective = objective
        self.period = period
    }
}
