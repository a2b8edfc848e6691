import Analysis
package import Model

/// Decides second by second how many users there are to be: each step's ramp, the wait until it is steady, its plateau,
/// and what comes next. It does nothing itself: samples in, actions out.
package struct LoadConductor: Sendable {
    package enum Action: Sendable, Equatable {
        case proceed
        case setUsers(Int, ratePerSecond: Double)
        case finished
    }

    /// A search's step is left early once a limit broke, and the next begins when the failure has died down, or after
    /// this many times the length of a plateau.
    private static let longestDrain = 1.5

    package private(set) var steps: [LoadStep] = []
    package private(set) var activity = LoadStatus.Activity.ramp
    package private(set) var targetUsers = 0

    private let load: LoadDefinition
    private let limits: [Limit]
    private var search: LimitSearch?
    private var stages: [LoadStage] = []
    private var purpose = LoadStep.Purpose.stage
    private var hold = 0
    private var settle = 0
    private var stepBegan = 0
    private var rampDeadline = 0
    private var settleBegan = 0
    private var plateauBegan = 0
    private var plateau: [SecondSample] = []
    private let taskNames: [String]

    package init(load: LoadDefinition, limits: [Limit]) {
        self.load = load
        self.limits = limits
        taskNames = load.tasks.map(\.name)
        switch load.shape {
        case .ramp(let stages): self.stages = stages
        case .findLimit(let plan): search = LimitSearch(plan: plan)
        }
    }

    /// The first action of the load.
    package mutating func begin() -> Action { nextStep(at: 0) }

    /// What to do after a second of the load.
    package mutating func observe(_ sample: SecondSample) -> Action {
        let now = sample.second + 1
        switch activity {
        case .ramp:
            guard sample.users == targetUsers || now >= rampDeadline else { return .proceed }
            activity = steps.last?.passed == false && search != nil ? .drain : .settle
            settleBegan = now
            return settle == 0 && activity == .settle ? beginPlateau(at: now) : .proceed
        case .settle, .drain:
            guard now - settleBegan >= settle else { return .proceed }
            if activity == .drain, Double(now - settleBegan) < Self.longestDrain * Double(hold), isTroubled(sample) {
                return .proceed
            }
            return beginPlateau(at: now)
        case .hold:
            plateau.append(sample)
            if plateau.count >= hold { return endStep(passed: isKept(limits), at: now) }
            // Before the end of the plateau only a whole window can break a limit.
            let judged = limits.filter { $0.window <= Double(plateau.count) }
            return search == nil || isKept(judged) ? .proceed : endStep(passed: false, at: now)
        }
    }

    private mutating func beginPlateau(at now: Int) -> Action {
        activity = .hold
        plateauBegan = now
        plateau = []
        return .proceed
    }

    private mutating func endStep(passed: Bool, at now: Int) -> Action {
        steps.append(
            LoadStep(
                users: targetUsers, purpose: purpose, rampBegan: Double(stepBegan), plateauBegan: plateauBegan,
                plateauEnded: now, passed: passed))
        search?.record(users: targetUsers, passed: passed)
        return nextStep(at: now)
    }

    private mutating func nextStep(at now: Int) -> Action {
        let rate: Double
        if search != nil {
            guard case .step(let users, let purpose)? = search?.next(), case .findLimit(let plan) = load.shape else {
                return .finished
            }
            self.purpose = purpose
            hold = Self.wholeSeconds(plan.hold)
            // Users come within two seconds, or faster in a short step; the wait lets each think once.
            let ramp = min(2, plan.hold / 3)
            rate = max(1, Double(abs(users - targetUsers)) / ramp)
            settle = Self.wholeSeconds(min(load.thinkTime.maximum, plan.hold / 3))
            targetUsers = users
        } else {
            guard !stages.isEmpty else { return .finished }
            let stage = stages.removeFirst()
            hold = Self.wholeSeconds(stage.hold)
            rate = stage.spawnRate
            settle = Self.wholeSeconds(min(load.thinkTime.maximum, stage.hold / 3))
            targetUsers = stage.users
        }
        let change = Double(abs(targetUsers - (steps.last?.users ?? 0)))
        rampDeadline = now + Self.wholeSeconds(change / rate + load.timeout) + 2
        stepBegan = now
        activity = .ramp
        return .setUsers(targetUsers, ratePerSecond: rate)
    }

    private func isKept(_ limits: [Limit]) -> Bool {
        firstBreach(of: limits, in: plateau, taskNames: taskNames) == nil
    }

    /// Whether the second by itself still breaks a limit.
    private func isTroubled(_ sample: SecondSample) -> Bool {
        let strict = limits.map { Limit(metric: $0.metric, threshold: $0.threshold, window: 1, text: $0.text) }
        return firstBreach(of: strict, in: [sample], taskNames: taskNames) != nil
    }

    private static func wholeSeconds(_ seconds: Seconds) -> Int { Int(seconds.rounded(.up)) }
}
