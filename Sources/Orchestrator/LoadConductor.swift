import Analysis
package import Model

/// Decides second by second how many users there are to be: each step's ramp, the wait until it is steady, its plateau,
/// and what comes next. It does nothing itself: samples in, actions out.
///
/// The steps of a search are measurements of their own: between them all users leave and the data set is restored, so
/// that neither the backlog of a failed step nor the orders of all steps before weigh on the next. The way to the limit is
/// made of short plateaus; those that confirm its bounds have the full length.
package struct LoadConductor: Sendable {
    package enum Action: Sendable, Equatable {
        case proceed
        case setUsers(Int, ratePerSecond: Double)
        /// Of an open load: requests per second, reached in a straight line.
        case setRate(Double, over: Seconds)
        /// Bring the data set back to its start, then ask `restored(after:)` what to do.
        case restore
        case finished
    }

    package private(set) var steps: [LoadStep] = []
    package private(set) var activity = LoadStatus.Activity.ramp
    package private(set) var targetUsers = 0

    private let load: LoadDefinition
    private let limits: [Limit]
    private var search: LimitSearch?
    private var stages: [LoadStage] = []
    private var rates: [RateStage] = []
    private let isOpen: Bool
    private var purpose = LoadStep.Purpose.stage
    private var hold = 0
    private var settle = 0
    private var stepBegan = 0
    /// When a ramp or a drain is given up.
    private var deadline = 0
    private var nextUsers = 0
    /// The end of the newest second seen while the load drained.
    private var latest = 0
    private var settleBegan = 0
    private var plateauBegan = 0
    /// Since the ramp ended: `plateau` and what came before it.
    private var held: [SecondSample] = []
    private var plateau: [SecondSample] = []
    private var isSteady = true
    private let taskNames: [String]
    private let judge: ValidityJudge

    package init(load: LoadDefinition, limits: [Limit]) {
        self.load = load
        self.limits = limits
        taskNames = load.tasks.map(\.name)
        if case .rate = load.shape { isOpen = true } else { isOpen = false }
        judge = ValidityJudge(load: load, limits: limits)
        switch load.shape {
        case .ramp(let stages): self.stages = stages
        case .findLimit(let plan): search = LimitSearch(plan: plan)
        case .rate(let stages, _): rates = stages
        }
    }

    /// The first action of the load.
    package mutating func begin() -> Action { nextStep(at: 0) }

    /// What to do after a second of the load.
    package mutating func observe(_ sample: SecondSample) -> Action {
        let now = sample.second + 1
        switch activity {
        case .drain:
            let isQuiet = sample.users == 0 && sample.inFlight == 0
            latest = now
            return isQuiet || now >= deadline ? .restore : .proceed
        case .ramp:
            guard (sample.users == targetUsers && !isOpen) || now >= deadline else { return .proceed }
            activity = .settle
            settleBegan = now
            held = []
            return settle == 0 ? beginPlateau(at: now) : .proceed
        case .settle:
            held.append(sample)
            return now - settleBegan >= settle ? beginPlateau(at: now) : .proceed
        case .hold:
            held.append(sample)
            plateau.append(sample)
            if plateau.count >= hold {
                let passed = isKept(limits)
                return passed && !cutWarmUp() ? .proceed : endStep(passed: passed, at: now)
            }
            // Before the end of the plateau only a whole window can break a limit.
            let judged = limits.filter { $0.window <= Double(plateau.count) }
            return search == nil || isKept(judged) ? .proceed : endStep(passed: false, at: now)
        }
    }

    private mutating func beginPlateau(at now: Int) -> Action {
        activity = .hold
        plateauBegan = now
        plateau = []
        isSteady = true
        return .proceed
    }

    /// Takes seconds off the plateau's beginning that still belong to the warm-up.
    /// - Returns: whether it may end: it is steady, or as long as it may become.
    private mutating func cutWarmUp() -> Bool {
        // The short plateaus of a search only show the way.
        guard purpose == .stage || purpose == .confirm || plateau.count >= Self.fewestToJudge else { return true }
        let longest = hold + max(hold / 2, Self.fewestToJudge)
        guard let warmUp = SteadyState.warmUp(of: held) else {
            isSteady = !SteadyState.drifts(held)
            return plateau.count >= longest
        }
        isSteady = true
        let excess = warmUp - (held.count - plateau.count)
        guard excess > 0, plateau.count - excess >= max(hold / 2, longestWindow) else { return true }
        plateau.removeFirst(excess)
        plateauBegan += excess
        return true
    }

    private static let fewestToJudge = 8
    private var longestWindow: Int { limits.map { Self.wholeSeconds($0.window) }.max() ?? 1 }

    private mutating func endStep(passed: Bool, at now: Int) -> Action {
        steps.append(
            LoadStep(
                users: targetUsers, purpose: purpose, rampBegan: Double(stepBegan), plateauBegan: plateauBegan,
                plateauEnded: now, passed: passed,
                validity: judge.validity(users: targetUsers, samples: plateau, isSteady: isSteady)))
        let prediction = passed ? nil : prediction
        search?.record(users: targetUsers, passed: passed, prediction: prediction)
        return nextStep(at: now)
    }

    private var prediction: Int? {
        guard let breach = firstBreach(of: limits, in: plateau, taskNames: taskNames),
            let summary = PlateauSummary(users: targetUsers, samples: plateau, taskNames: taskNames)
        else { return nil }
        return LimitPrediction.users(breach: breach, plateau: summary, thinkTime: load.thinkTime)
    }

    private mutating func nextStep(at now: Int) -> Action {
        if isOpen {
            guard !rates.isEmpty else { return .finished }
            return beginRate(rates.removeFirst(), at: now)
        }
        if search == nil {
            guard !stages.isEmpty else { return .finished }
            let stage = stages.removeFirst()
            return beginRamp(to: stage.users, rate: stage.spawnRate, hold: stage.hold, at: now)
        }
        guard case .step(let users, let purpose)? = search?.next() else { return .finished }
        self.purpose = purpose
        nextUsers = users
        guard !steps.isEmpty else { return restored(after: 0) }
        activity = .drain
        targetUsers = 0
        deadline = now + Self.wholeSeconds(load.timeout) + 2
        return .setUsers(0, ratePerSecond: .infinity)
    }

    /// The action that follows a `.restore`.
    /// - Parameter seconds: how long it took.
    package mutating func restored(after seconds: Seconds) -> Action {
        guard case .findLimit(let plan) = load.shape else { return .finished }
        // Users that come over one think time ask from the beginning as often as they will later.
        let ramp = min(3, plan.hold / 3, max(1, load.thinkTime.mean))
        targetUsers = 0
        return beginRamp(
            to: nextUsers, rate: max(1, Double(nextUsers) / ramp), hold: plan.length(of: purpose, limits: limits),
            at: latest + Self.wholeSeconds(seconds))
    }

    /// After the ramp each user of a stage is to have thought once before anything counts, those of a search in the mean.
    private mutating func beginRamp(to users: Int, rate: Double, hold: Seconds, at now: Int) -> Action {
        self.hold = Self.wholeSeconds(hold)
        let thinking = search == nil ? load.thinkTime.maximum : load.thinkTime.mean
        settle = Self.wholeSeconds(min(thinking, hold / 3))
        let change = Double(abs(users - targetUsers))
        deadline = now + Self.wholeSeconds(change / rate + load.timeout) + 2
        targetUsers = users
        stepBegan = now
        activity = .ramp
        return .setUsers(users, ratePerSecond: rate)
    }

    /// The step's number is that of requests per second.
    private mutating func beginRate(_ stage: RateStage, at now: Int) -> Action {
        hold = Self.wholeSeconds(stage.hold)
        settle = 0
        deadline = now + Self.wholeSeconds(stage.ramp)
        targetUsers = Int(stage.perSecond.rounded())
        stepBegan = now
        activity = .ramp
        return .setRate(stage.perSecond, over: stage.ramp)
    }

    private func isKept(_ limits: [Limit]) -> Bool {
        firstBreach(of: limits, in: plateau, taskNames: taskNames) == nil
    }

    fileprivate static func wholeSeconds(_ seconds: Seconds) -> Int { Int(seconds.rounded(.up)) }
}

extension LimitSearchPlan {
    /// Seconds of a step's plateau. A step of the climb that breaks a limit in its short time breaks it in a longer one; one
    /// that keeps it by luck is found out later, as the bounds of the answer have the full length.
    fileprivate func length(of purpose: LoadStep.Purpose, limits: [Limit]) -> Seconds {
        // A search that does not confirm its bounds has no other plateaus to rest on.
        guard confirm, precision < 1 else { return hold }
        return switch purpose {
        case .stage, .confirm: hold
        case .climb: min(hold, max(3, hold / 4))
        case .bisect: min(hold, max(hold / 2, limits.map(\.window).max() ?? 1))
        }
    }
}
