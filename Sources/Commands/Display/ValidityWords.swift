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
                ? "a thread of the generator had no room: it worked or waited for the CPU \(Text.percent(share)) of the "
                    + "time, and waited \(Text.percent(waiting))"
                : "a thread of the generator worked \(Text.percent(share)) of the time"
        case .heldBack(let share, let cores):
            "a limit of \(Text.exact(cores)) cores on the CPU of its control group stopped the generator "
                + "\(Text.percent(share)) of the time, while it was ready to work"
        case .startsMissed(let due, let sent): "of \(due) requests that were due only \(sent) were sent"
        case .lateStarts(let lag): "one request in 20 was sent \(Text.milliseconds(lag)) late or later"
        case .lateTimers(let lag): "the generator's timers fired \(Text.milliseconds(lag)) late"
        case .exhausted(let requests): "for \(requests) requests this machine had no port or file left"
        case .littlesLaw(let expected, let measured):
            "\(Text.number(measured)) req/s where users, think time and latency make \(Text.number(expected)) "
                + "(Little's law)"
        case .waitedForCPU(let share):
            "the machine was busy: a thread of the generator was ready to work and got no CPU \(Text.percent(share)) of the "
                + "time"
        case .stoodStill(let share):
            "the generator stood still \(Text.percent(share)) of the time, and sent nothing meanwhile"
        case .notSteady: "the load did not become steady within the plateau"
        case .fewRequests(let count): "only \(count) requests ended on the plateau"
        }
    }
}
