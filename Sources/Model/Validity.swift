/// Whether a plateau shows the application or the generator: a figure is worth what its verdict says.
package struct Validity: Codable, Sendable, Equatable {
    package enum Verdict: String, Codable, Sendable {
        case valid = "VALID"
        /// The generator did less than the load asked for: the application can handle at least this much.
        case generatorLimited = "GENERATOR-LIMITED"
        /// What was recorded does not say which of the two it shows.
        case inconclusive = "INCONCLUSIVE"
    }

    package enum Reason: Codable, Sendable, Equatable {
        // Of a limited generator:
        /// A thread worked, or waited for the CPU, for this share of the plateau.
        case threadBusy(share: Share, waiting: Share)
        /// For this share of the time a thread was ready to work while a quota of that many cores stopped it.
        case heldBack(Share, cores: Double)
        /// Requests that the schedule asked for, and those that were sent.
        case startsMissed(due: Int, sent: Int)
        /// One request in twenty was sent this much late or later.
        case lateStarts(p95: Seconds)
        /// Timers of a thread fired this late, in the median second.
        case lateTimers(Seconds)
        /// Requests for which this machine had no port or no file left.
        case exhausted(requests: Int)

        // Of an inconclusive plateau:
        /// Requests per second as N / (Z + R) says, and as measured.
        case littlesLaw(expected: Double, measured: Double)
        /// For this share of the time a thread was ready to work and got no CPU: the machine was busy with something else.
        case waitedForCPU(Share)
        /// For this share of the time a thread did nothing at all, as when the program is stopped or the machine asleep.
        case stoodStill(Share)
        case notSteady
        case fewRequests(Int)
        /// A criterion has too few requests to be said to hold, and is not met.
        case undecided(criterion: String, needed: Int, had: Int)
        /// The agent's part of the load is missing from a second of the plateau on.
        case agentLost(String)

        /// One of the above that is true of one of several agents.
        indirect case onAgent(String, Reason)

        /// The reason itself, of whichever generator it is true.
        package var itself: Reason {
            if case .onAgent(_, let reason) = self { reason } else { self }
        }
    }

    package var verdict: Verdict
    /// Those of the verdict; empty for a valid plateau.
    package var reasons: [Reason]

    package init(limited: [Reason] = [], inconclusive: [Reason] = []) {
        verdict = !limited.isEmpty ? .generatorLimited : inconclusive.isEmpty ? .valid : .inconclusive
        reasons = limited.isEmpty ? inconclusive : limited
    }
}
