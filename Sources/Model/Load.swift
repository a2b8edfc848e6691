/// The load of an experiment: what users do, how long they think, and how many there are when.
package struct LoadDefinition: Codable, Sendable, Equatable {
    package var tasks: [LoadTask]
    /// Pause of a user between an answer and its next request.
    package var thinkTime: ThinkTime
    package var shape: LoadShape
    /// A request without a full answer after this time is a failure.
    package var timeout: Seconds
    /// Seed of every random choice: tasks, think times, bodies.
    package var seed: UInt64
    /// Whether the seed was itself drawn at random.
    package var seedIsDrawn: Bool
    package var connections: ConnectionUse
    /// Whether each user keeps cookies; nil for where a user has a session anyhow.
    package var cookies: Bool?
    /// Tasks that are done once for all users before the load, and whose values all users have.
    package var setup: [LoadTask]
    /// A connection that does not stand after this time is a failure; nil for that of the whole request.
    package var connectTimeout: Seconds?
    /// Requests after which users send no more; nil for as many as they can.
    package var requests: Int?
    /// Requests that one connection carries at a time over HTTP/2, each of a user of its own; nil for HTTP/1.1.
    package var streams: Int?
    /// Agents that generate it; nil for this process.
    package var from: [AgentAddress]?
    /// When an agent is lost; nil for to repeat the step.
    package var onLoss: AgentLossPolicy?

    /// As large as an integer may be that every reader of JSON keeps whole.
    package static let seeds: ClosedRange<UInt64> = 0...9_007_199_254_740_991

    package static let streamsOfConnection = 1...1000

    package init(
        tasks: [LoadTask], thinkTime: ThinkTime, shape: LoadShape, timeout: Seconds = 5, seed: UInt64 = 42,
        seedIsDrawn: Bool = false, connections: ConnectionUse = .keepAlive, cookies: Bool? = nil,
        setup: [LoadTask] = [],
        connectTimeout: Seconds? = nil, requests: Int? = nil, streams: Int? = nil, from: [AgentAddress]? = nil,
        onLoss: AgentLossPolicy? = nil
    ) {
        self.tasks = tasks
        self.thinkTime = thinkTime
        self.shape = shape
        self.timeout = timeout
        self.seed = seed
        self.seedIsDrawn = seedIsDrawn
        self.connections = connections
        self.cookies = cookies
        self.setup = setup
        self.connectTimeout = connectTimeout
        self.requests = requests
        self.streams = streams
        self.from = from
        self.onLoss = onLoss
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        tasks = try values.decode([LoadTask].self, forKey: .tasks)
        thinkTime = try values.decode(ThinkTime.self, forKey: .thinkTime)
        shape = try values.decode(LoadShape.self, forKey: .shape)
        timeout = try values.decode(Seconds.self, forKey: .timeout)
        seed = try values.decode(UInt64.self, forKey: .seed)
        seedIsDrawn = try values.decodeIfPresent(Bool.self, forKey: .seedIsDrawn) ?? false
        connections = try values.decodeIfPresent(ConnectionUse.self, forKey: .connections) ?? .keepAlive
        cookies = try values.decodeIfPresent(Bool.self, forKey: .cookies)
        setup = try values.decodeIfPresent([LoadTask].self, forKey: .setup) ?? []
        connectTimeout = try values.decodeIfPresent(Seconds.self, forKey: .connectTimeout)
        requests = try values.decodeIfPresent(Int.self, forKey: .requests)
        streams = try values.decodeIfPresent(Int.self, forKey: .streams)
        from = try values.decodeIfPresent([AgentAddress].self, forKey: .from)
        onLoss = try values.decodeIfPresent(AgentLossPolicy.self, forKey: .onLoss)
    }

    /// Where it is not said: a user keeps cookies who does something once, goes through a flow, follows redirects, or takes
    /// a cookie out of an answer.
    package var keepsCookies: Bool {
        cookies
            ?? (setup + tasks).contains { task in
                task.order != nil || task.follow != nil
                    || task.takes.contains { if case .cookie = $0.source { true } else { false } }
            }
    }
}

package enum ConnectionUse: String, Codable, Sendable, CaseIterable {
    /// Each user keeps its connection as long as the target does.
    case keepAlive = "keep"
    /// Each request has a connection of its own.
    case perRequest = "new"
}

/// How long users think, in seconds.
package struct ThinkTime: Codable, Sendable, Equatable {
    package enum Law: String, Codable, Sendable {
        /// Uniform between the bounds; equal bounds make it constant.
        case uniform
        /// Exponential with the mean `maximum / 10`; what is drawn above `maximum`, one in 22,000, counts as `maximum`.
        case exponential
    }

    package var minimum: Seconds
    package var maximum: Seconds
    package var law: Law

    package init(minimum: Seconds, maximum: Seconds) {
        self.minimum = minimum
        self.maximum = maximum
        law = .uniform
    }

    package init(exponentialWithMean mean: Seconds) {
        minimum = 0
        maximum = mean * 10
        law = .exponential
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        minimum = try values.decode(Seconds.self, forKey: .minimum)
        maximum = try values.decode(Seconds.self, forKey: .maximum)
        law = try values.decodeIfPresent(Law.self, forKey: .law) ?? .uniform
    }

    package var mean: Seconds { law == .exponential ? maximum / 10 : (minimum + maximum) / 2 }
}

/// How the number of users changes over time.
package enum LoadShape: Codable, Sendable, Equatable {
    /// Stages in order: users are added (or leave) at a rate, then their number is held.
    case ramp([LoadStage])
    /// Steps up to the first failure, then bisection, then a confirmation.
    case findLimit(LimitSearchPlan)
    /// Requests arrive at a rate, whether or not those before are answered.
    case rate([RateStage], arrivals: ArrivalLaw)

    /// Requests come by themselves: no users who wait for answers.
    package var isOpen: Bool {
        if case .rate = self { true } else { false }
    }

    /// A search for a limit, whose steps are measurements of their own.
    package var isSearch: Bool {
        if case .findLimit = self { true } else { false }
    }

    /// Requests of an open load that may wait for their answers at a time, by default.
    package static let usualSessions = 10_000

    /// Users at most; of an open load the requests that may wait for their answers at a time.
    package func mostUsers(sessions: Int) -> Int {
        switch self {
        case .ramp(let stages): stages.map(\.users).max() ?? 0
        case .findLimit(let plan): plan.to
        case .rate: sessions
        }
    }
}

/// A stretch of an open load.
package struct RateStage: Codable, Sendable, Equatable {
    /// Requests per second.
    package var perSecond: Double
    /// How long the rate moves there from the one before; 0 for at once.
    package var ramp: Seconds
    /// Length of the plateau.
    package var hold: Seconds

    package init(perSecond: Double, ramp: Seconds = 0, hold: Seconds) {
        self.perSecond = perSecond
        self.ramp = ramp
        self.hold = hold
    }
}

package enum ArrivalLaw: String, Codable, Sendable, CaseIterable {
    /// At even distances.
    case constant
    /// At random, independent of each other, as from many users who do not know of each other.
    case poisson
}

package struct LoadStage: Codable, Sendable, Equatable {
    /// A rate at which all users come within a moment.
    package static let atOnce = 1_000_000.0

    package var users: Int
    /// Users per second.
    package var spawnRate: Double
    /// Length of the plateau.
    package var hold: Seconds

    package init(users: Int, spawnRate: Double, hold: Seconds) {
        self.users = users
        self.spawnRate = spawnRate
        self.hold = hold
    }
}

package struct LimitSearchPlan: Codable, Sendable, Equatable {
    /// Users of the first step.
    package var from: Int
    /// The search gives up above this number: "never failed".
    package var to: Int
    /// Length of each step's plateau.
    package var hold: Seconds
    /// Width of the answer [passed, failed] as a share of its lower bound.
    package var precision: Share
    /// Each step multiplies the users by this until one fails.
    package var factor: Double
    /// Measure both bounds of the answer a second time before it is given.
    package var confirm: Bool

    package init(
        from: Int, to: Int, hold: Seconds, precision: Share, factor: Double = 2, confirm: Bool = true
    ) {
        self.from = from
        self.to = to
        self.hold = hold
        self.precision = precision
        self.factor = factor
        self.confirm = confirm
    }
}
