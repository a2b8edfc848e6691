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
    package var connections: ConnectionUse

    package init(
        tasks: [LoadTask], thinkTime: ThinkTime, shape: LoadShape, timeout: Seconds = 5, seed: UInt64 = 42,
        connections: ConnectionUse = .keepAlive
    ) {
        self.tasks = tasks
        self.thinkTime = thinkTime
        self.shape = shape
        self.timeout = timeout
        self.seed = seed
        self.connections = connections
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        tasks = try values.decode([LoadTask].self, forKey: .tasks)
        thinkTime = try values.decode(ThinkTime.self, forKey: .thinkTime)
        shape = try values.decode(LoadShape.self, forKey: .shape)
        timeout = try values.decode(Seconds.self, forKey: .timeout)
        seed = try values.decode(UInt64.self, forKey: .seed)
        connections = try values.decodeIfPresent(ConnectionUse.self, forKey: .connections) ?? .keepAlive
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

/// One kind of request, chosen at random by its weight.
package struct LoadTask: Codable, Sendable, Equatable {
    package var name: String
    package var weight: Int
    package var method: HTTPMethod
    /// Path and query as the user wrote it, starting with a slash.
    package var path: String
    /// The path where parts of it are drawn anew for each request; empty where it is always the same.
    package var pathPieces: [BodyTemplate.Piece]
    /// One is chosen per request by its share; empty for a request without a body.
    package var bodies: [BodyTemplate]
    package var expect: Expectation

    package init(
        name: String, weight: Int, method: HTTPMethod, path: String, pathPieces: [BodyTemplate.Piece] = [],
        bodies: [BodyTemplate] = [], expect: Expectation
    ) {
        self.pathPieces = pathPieces
        self.name = name
        self.weight = weight
        self.method = method
        self.path = path
        self.bodies = bodies
        self.expect = expect
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(String.self, forKey: .name)
        weight = try values.decode(Int.self, forKey: .weight)
        method = try values.decode(HTTPMethod.self, forKey: .method)
        path = try values.decode(String.self, forKey: .path)
        pathPieces = try values.decodeIfPresent([BodyTemplate.Piece].self, forKey: .pathPieces) ?? []
        bodies = try values.decode([BodyTemplate].self, forKey: .bodies)
        expect = try values.decode(Expectation.self, forKey: .expect)
    }
}

package enum HTTPMethod: String, Codable, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
}

/// A request body cut into what is sent as it is and what is drawn anew for each request.
package struct BodyTemplate: Codable, Sendable, Equatable {
    /// Relative frequency among the task's bodies.
    package var share: Share
    package var pieces: [Piece]

    package init(share: Share, pieces: [Piece]) {
        self.share = share
        self.pieces = pieces
    }

    package enum Piece: Codable, Sendable, Equatable {
        case text(String)
        /// A decimal integer, uniform between the bounds, both included.
        case randomInteger(ClosedRange<Int>)
        /// One of these, each as likely as the others; at least one.
        case choice([String])
        /// A random UUID (RFC 9562, version 4).
        case uuid
    }
}

/// What an answer must be; anything else is a failure.
package struct Expectation: Codable, Sendable, Equatable {
    package var status: Int
    /// Keys that the answer's JSON object must have at its top level.
    package var has: [String]
    /// The kind of JSON value that the answer must be; nil when any body will do.
    package var jsonKind: JSONKind?

    package init(status: Int = 200, has: [String] = [], jsonKind: JSONKind? = nil) {
        self.status = status
        self.has = has
        self.jsonKind = jsonKind
    }

    package enum JSONKind: String, Codable, Sendable, CaseIterable {
        case list
        case object
    }
}
