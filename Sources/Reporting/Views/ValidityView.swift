import Analysis
import Model

/// Whether a plateau shows the application, in words.
extension Writer {
    func validity(of step: JudgedStep) throws -> String {
        guard let validity = step.validity else {
            return try words("validNotMeasured", ["level": try name(of: step.step.level)])
        }
        let reasons = try validity.reasons.map(reason).joined(separator: separator)
        let name =
            switch validity.verdict {
            case .valid: step.step.rate == nil ? "validValid" : "validValidOpen"
            case .generatorLimited: "validLimited"
            case .inconclusive: "validInconclusive"
            }
        return try words(name, ["level": try self.name(of: step.step.level), "reasons": reasons])
    }

    private func reason(_ reason: Validity.Reason) throws -> String {
        switch reason {
        case .threadBusy(let share, let waiting):
            try words(
                "reasonThreadBusy", ["share": numbers.percent(share), "waiting": numbers.percent(waiting)])
        case .heldBack(let share, let cores):
            try words(
                "reasonHeldBack",
                ["share": numbers.percent(share), "cores": numbers.exact(cores)].merging(many(cores)) { $1 })
        case .startsMissed(let due, let sent):
            try words("reasonStartsMissed", ["due": numbers.integer(due), "sent": numbers.integer(sent)])
        case .lateStarts(let lag): try words("reasonLateStarts", ["lag": numbers.latency(lag)])
        case .lateTimers(let lag): try words("reasonLateTimers", ["lag": numbers.latency(lag)])
        case .exhausted(let requests): try words("reasonExhausted", ["count": numbers.integer(requests)])
        case .littlesLaw(let expected, let measured):
            try words(
                "reasonLittlesLaw", ["expected": numbers.short(expected), "measured": numbers.short(measured)])
        case .waitedForCPU(let share): try words("reasonWaitedForCPU", ["share": numbers.percent(share)])
        case .stoodStill(let share): try words("reasonStoodStill", ["share": numbers.percent(share)])
        case .agentLost(let name): try words("reasonAgentLost", ["agent": Markdown.code(name)])
        case .onAgent(let name, let itself):
            try words("reasonOnAgent", ["agent": Markdown.code(name), "reason": self.reason(itself)])
        case .notSteady: try words("reasonNotSteady")
        case .fewRequests(let count): try words("reasonFewRequests", ["count": numbers.integer(count)])
        case .undecided(let criterion, let needed, let had):
            try words(
                "reasonUndecided",
                ["criterion": criterion, "needed": numbers.integer(needed), "had": numbers.integer(had)])
        }
    }
}
