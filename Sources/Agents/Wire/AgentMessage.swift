package import Foundation
package import Model

/// What an agent is told. Instants are nanoseconds of its own monotonic clock; users and rates are those of the whole load.
package enum ToAgent: Codable, Sendable, Equatable {
    /// A part of a file that the plan names by its number; parts of one file come in order.
    case file(number: Int, bytes: Data)
    case plan(AgentPlan)
    case preflight
    /// Does what must be done before the load where no pre-flight check has been made.
    case prepare
    case start(at: UInt64)
    /// - Parameter perSecond: nil for all at once.
    case setUsers(Int, perSecond: Double?, thinkingFirst: Bool, at: UInt64)
    case setRate(Double, over: Seconds, at: UInt64)
    case isQuiet
    /// Ends the load; another plan may follow.
    case stop
    /// Answers in flight are not waited for any longer than a moment.
    case hurry
    case ping(Int)
}

/// What an agent says. Each of the questions above has one answer, in their order.
package enum FromAgent: Codable, Sendable, Equatable {
    /// First of all.
    case hello(AgentHello)
    /// The answer to a plan, and to `prepare`.
    case ready
    /// The answer to a plan whose load cannot be sent.
    case refused(AgentRefusal)
    case preflight([PreflightResult])
    case second(AgentPart)
    case quiet(Bool)
    case report(GeneratorReport)
    /// - Parameter at: by the agent's monotonic clock.
    case pong(Int, at: UInt64)
}

package struct AgentHello: Codable, Sendable, Equatable {
    /// Of the messages; another one cannot be talked to.
    package var messages: Int
    /// Of the program: its own bytes, see `BuildID`.
    package var build: String
    package var version: String
    package var machine: AgentMachine

    package static let currentMessages = 1

    package init(messages: Int = currentMessages, build: String, version: String, machine: AgentMachine) {
        self.messages = messages
        self.build = build
        self.version = version
        self.machine = machine
    }
}

/// A `Problem` as it is sent.
package struct AgentRefusal: Codable, Sendable, Equatable {
    package var kind: String
    package var message: String
    package var nextStep: String?

    init(_ error: any Error) {
        let problem = error as? Problem
        kind = (problem?.kind ?? .measurement).rawValue
        message = problem?.message ?? "\(error)"
        nextStep = problem?.nextStep
    }

    func problem(of agent: String) -> Problem {
        Problem(Problem.Kind(rawValue: kind) ?? .measurement, "agent \(agent): \(message)", nextStep: nextStep)
    }
}

/// One agent's part of a second, and what is new since the one before.
package struct AgentPart: Codable, Sendable, Equatable {
    package var sample: SecondSample
    package var failures: [FailureExample]
    package var signs: [SignKind: String]

    package init(sample: SecondSample, failures: [FailureExample] = [], signs: [SignKind: String] = [:]) {
        self.sample = sample
        self.failures = failures
        self.signs = signs
    }
}

/// Messages as the bytes of frames: JSON, as in records.
package enum AgentCoding {
    package static func bytes(of message: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return Array(try encoder.encode(message))
    }

    package static func read<Message: Decodable>(_ type: Message.Type, _ bytes: [UInt8]) throws -> Message {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(type, from: Data(bytes))
    }
}
