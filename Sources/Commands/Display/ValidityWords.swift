import Model

extension Validity {
    var reasonWords: [String] { reasons.map(\.words) }

    /// The verdict with its reasons.
    var words: String {
        reasons.isEmpty ? verdict.rawValue : "\(verdict.rawValue): " + reasons.map(\.words).joined(separator: "; ")
    }
}

extension Validity.Reason {
    fileprivate var words: String {
        switch self {
        case .threadBusy(let share, let waiting):
            waiting > 0.1
                ? "a thread of the generator was working or waiting for the CPU \(Text.percent(share)) of the time (waiting: "
                    + "\(Text.percent(waiting)))"
                : "a thread of the generator was working \(Text.percent(share)) of the time"
        case .heldBack(let share, let cores):
            "a CPU quota of \(Text.exact(cores)) cores on the generator's control group stopped it \(Text.percent(share)) of "
                + "the time, while it was ready to work"
        case .startsMissed(let due, let sent): "only \(sent) of \(due) requests that were due were sent"
        case .lateStarts(let lag): "one request in 20 was sent at least \(Text.milliseconds(lag)) late"
        case .lateTimers(let lag): "the generator's timers fired \(Text.milliseconds(lag)) late"
        case .exhausted(let requests): "this machine had no port or file descriptor left for \(requests) requests"
        case .littlesLaw(let expected, let measured):
            "users, think time and latency give \(Text.number(expected)) req/s by Little's law, but "
                + "\(Text.number(measured)) were measured"
        case .waitedForCPU(let share):
            "the machine was busy: a thread of the generator was ready to work but got no CPU \(Text.percent(share)) of the "
                + "time"
        case .stoodStill(let share):
            "the generator stood still \(Text.percent(share)) of the time and sent nothing meanwhile"
        case .agentLost(let name): "the agent \(name) was lost, so a part of the load is missing"
        case .onAgent(let name, let reason): "agent \(name): \(reason.words)"
        case .notSteady: "the load did not become steady within the plateau"
        case .fewRequests(let count): "only \(count) requests completed on the plateau"
        case .undecided(let criterion, let needed, let had):
            "too few requests for the criterion \(criterion): it needs \(needed), and had \(had)"
        }
    }
}

extension LoadStep {
    /// How it ended, as the run decided it.
    var outcomeWords: String {
        let isUndecided =
            validity?.reasons.contains {
                if case .undecided = $0 { true } else { false }
            } ?? false
        let isReduced =
            validity?.reasons.contains { if case .agentLost = $0 { true } else { false } } ?? false
        return passed ? "passed" : isReduced ? "agent lost" : isUndecided ? "too few requests" : "criterion met"
    }
}
