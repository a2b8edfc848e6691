import Analysis
package import Model

/// Decides second by second how many users there are to be: each step's ramp, the wait until it is steady, its plateau,
/// and what comes next. It does nothing itself: samples in, actions out.
///
/// The steps of a search are measurements of their own: between them all users leave and the data set is restored, so
/// that neither the backlog of a failed step nor the orders of all steps before weigh on the next. Their users come at once,
/// each in the middle of a thought, so that they ask evenly from the first second on. The way to the limit is made of short
/// plateaus; the trials on which the answer rests have the full length, also where a criterion is met before it is over.
package struct LoadConductor: Sendable {
    package enum Action: Sendable, Equatable {
        case proceed
        case setUsers(Int, ratePerSecond: Double, thinkingFirst: Bool = false)
        /// Of an open load: requests per second, reached in a straight line.
        case setRate(Double, over: Seconds)
        /// All users are gone: bring the data set back to its start, then ask `restored(after:)` what to do.
        case restore
        /// All users are gone after an agent was lost: share the load out anew, then ask `regrouped(after:)` what to do.
        case regroup
        case finished
    }

    package private(set) var steps: [LoadStep] = []
    package private(set) var activity = LoadActivity.ramp
    package private(set) var targetUsers = 0
    /// Of an open load: requests per second.
    package private(set) var targetRate: Double?

    private let load: LoadDefinition
    private let criteria: [Criterion]
    private var search: LimitSearch?
    private var stages: [LoadStage] = []
    private var rates: [RateStage] = []
    /// The stage under way, to be begun again when an agent is lost in it.
    private var begun: (stage: LoadStage?, rate: RateStage?)
    private var purpose = LoadStep.Purpose.stage
    private var hold = 0
    private var settle = 0
    private var stepBegan: Seconds = 0
    /// When a ramp or a drain is given up.
    private var deadline = 0
    private var nextUsers = 0
    /// The end of the newest second seen before the load was quiet.
    private var latest = 0
    private var settleBegan = 0
    private var plateau: StepPlateau
    private let judge: ValidityJudge
    /// Requests that are still to begin; nil where the load has no number of them.
    private var requestsLeft: Int?
    /// Agents whose loss has ended a step.
    private var lost: Set<String> = []
    private var untold: [String] = []

    package init(load: LoadDefinition, criteria: [Criterion]) {
        self.load = load
        self.criteria = criteria
        requestsLeft = load.requests
        plateau = StepPlateau(criteria: criteria, taskNames: load.tasks.map(\.name))
        judge = ValidityJudge(load: load, criteria: criteria)
        switch load.shape {
        case .ramp(let stages): self.stages = stages
        case .findLimit(let plan): search = LimitSearch(plan: plan)
        case .rate(let stages, _): rates = stages
        }
    }

    /// How the newest step came out; to be asked before the next second is observed.
    package var decision: StepDecision? {
        steps.last.map { step in
            StepDecision(
                step: step, verdicts: plateau.results.map(CriterionVerdict.init),
                interval: search.map(SearchInterval.init),
                requests: plateau.summary(users: step.users).map { RunSecond.Requests($0.all) })
        }
    }

    /// The first action of the load.
    package mutating func begin() -> Action { nextStep(at: 0) }

    /// What to do after a second of the load.
    package mutating func observe(_ sample: SecondSample) -> Action {
        let now = sample.second + 1
        let missing = Set(sample.generator?.lost ?? []).subtracting(lost)
        if !missing.isEmpty {
            lost.formUnion(missing)
            untold += missing.sorted()
            if activity != .drain { return loseStep(sample) }
        }
        if let left = requestsLeft {
            requestsLeft = left - sample.tasks.reduce(0) { $0 + $1.started }
            if requestsLeft.map({ $0 <= 0 }) == true, sample.inFlight == 0 { return .finished }
        }
        switch activity {
        case .drain:
            // Of an open load those stay who have nothing to send.
            let isQuiet = (sample.users == 0 || load.shape.isOpen) && sample.inFlight == 0
            latest = now
            return isQuiet || now >= deadline ? whenEmptied : .proceed
        case .ramp:
            // A second of the step before, which was waiting to be observed while the data set was restored.
            if search != nil, Double(now) <= stepBegan { return .proceed }
            guard (sample.users == targetUsers && !load.shape.isOpen) || now >= deadline else { return .proceed }
            activity = .settle
            // Users of a search came at once, each in the midst of a thought.
            settleBegan = search == nil ? now : min(now, Self.wholeSeconds(stepBegan))
            plateau = StepPlateau(criteria: criteria, taskNames: load.tasks.map(\.name))
            return now - settleBegan >= settle ? beginPlateau(at: now) : .proceed
        case .settle:
            plateau.settle(sample)
            return now - settleBegan >= settle ? beginPlateau(at: now) : .proceed
        case .hold:
            plateau.hold(sample)
            if plateau.samples.count >= hold { return judgePlateau(at: now) }
            guard let plan = search?.plan, purpose != .trial else { return .proceed }
            let onTheWay = purpose == .climb && plan.restsOnTrials
            return plateau.isBrokenEarly(onTheWay: onTheWay) ? endStep(passed: false, at: now) : .proceed
        }
    }

    /// Agents whose loss was not asked for before.
    package mutating func takeLosses() -> [String] {
        defer { untold = [] }
        return untold
    }

    /// What follows when nobody is left.
    package var whenEmptied: Action { search == nil ? .regroup : .restore }

    /// A part of the load is missing from a second on. What came before is no measurement of the whole, and nothing is to
    /// be moved in it: the step ends, and is repeated by those who are left or ends the load.
    private mutating func loseStep(_ sample: SecondSample) -> Action {
        let now = sample.second + 1
        if activity == .hold {
            plateau.hold(sample)
            steps.append(step(passed: false, endedAt: now))
        }
        guard load.onLoss != .stop, load.requests == nil else { return .finished }
        activity = .drain
        latest = now
        deadline = now + Self.wholeSeconds(load.timeout) + 2
        nextUsers = targetUsers
        targetUsers = 0
        return load.shape.isOpen ? .setRate(0, over: 0) : .setUsers(0, ratePerSecond: .infinity)
    }

    /// The action that follows a `.regroup`.
    /// - Parameter seconds: since the end of the newest second observed.
    package mutating func regrouped(after seconds: Seconds) -> Action {
        if load.shape.isOpen { rates.insert(contentsOf: begun.rate.map { [$0] } ?? [], at: 0) }
        stages.insert(contentsOf: begun.stage.map { [$0] } ?? [], at: 0)
        return nextStep(at: latest + Self.wholeSeconds(seconds))
    }

    private mutating func beginPlateau(at now: Int) -> Action {
        activity = .hold
        plateau.begin(at: now)
        return .proceed
    }

    /// Whether the plateau has lasted long enough: until it is steady, and a result has requests enough for all criteria. A trial is
    /// of full length after its warm-up; of other plateaus the warm-up is cut off.
    private mutating func judgePlateau(at now: Int) -> Action {
        if purpose == .trial, plateau.slidePastWarmUp(hold: hold) { return .proceed }
        if plateau.results.contains(where: { $0.breach != nil }) { return endStep(passed: false, at: now) }
        guard purpose == .trial || plateau.cutWarmUp(hold: hold, isResult: purpose.isResult) else { return .proceed }
        guard purpose.isResult else { return endStep(passed: true, at: now) }
        let undecided = plateau.results.filter(\.isUndecided)
        if !undecided.isEmpty, plateau.mayWaitForRequests(hold: hold) { return .proceed }
        return endStep(passed: undecided.isEmpty, undecided: undecided, at: now)
    }

    private mutating func endStep(passed: Bool, undecided: [CriterionResult] = [], at now: Int) -> Action {
        steps.append(step(passed: passed, undecided: undecided, endedAt: now))
        if purpose == .trial {
            search?.record(LimitTrial(users: targetUsers, results: plateau.results))
        } else {
            let prediction = passed ? nil : plateau.prediction(users: targetUsers, load: load)
            search?.record(
                users: targetUsers, passed: passed, prediction: prediction,
                latency: plateau.summary(users: targetUsers)?.all.succeeded.mean)
        }
        return nextStep(at: now)
    }

    private func step(passed: Bool, undecided: [CriterionResult] = [], endedAt now: Int) -> LoadStep {
        LoadStep(
            users: targetUsers, rate: targetRate, purpose: purpose, rampBegan: stepBegan, plateauBegan: plateau.began,
            plateauEnded: now, passed: passed,
            validity: judge.validity(
                users: targetUsers, samples: plateau.samples, isSteady: !passed || plateau.isSteady,
                undecided: undecided))
    }

    private mutating func nextStep(at now: Int) -> Action {
        if load.shape.isOpen {
            guard !rates.isEmpty else { return .finished }
            let stage = rates.removeFirst()
            begun.rate = stage
            return beginRate(stage, at: now)
        }
        if search == nil {
            guard !stages.isEmpty else { return .finished }
            let stage = stages.removeFirst()
            begun.stage = stage
            return beginRamp(to: stage.users, rate: stage.spawnRate, hold: stage.hold, at: Double(now))
        }
        guard case .step(let users, let purpose)? = search?.next() else { return .finished }
        self.purpose = purpose
        nextUsers = users
        guard !steps.isEmpty else { return restored(after: 0) }
        activity = .drain
        latest = now
        targetUsers = 0
        deadline = now + Self.wholeSeconds(load.timeout) + 2
        return .setUsers(0, ratePerSecond: .infinity)
    }

    /// The action that follows a `.restore`.
    /// - Parameter seconds: since the end of the newest second observed.
    package mutating func restored(after seconds: Seconds) -> Action {
        guard case .findLimit(let plan) = load.shape else { return .finished }
        targetUsers = 0
        return beginRamp(
            to: nextUsers, rate: spawnRate(after: seconds), hold: plan.plateauLength(of: purpose),
            at: Double(latest) + (seconds * 1000).rounded() / 1000, thinkingFirst: true)
    }

    /// Users whose thoughts spread their requests may come at once. Without, they come one by one until shortly before the
    /// end of a second, which is the earliest that settling can begin.
    private func spawnRate(after seconds: Seconds) -> Double {
        guard load.thinkTime.mean < 1 else { return .infinity }
        let left = seconds.rounded(.up) - seconds - 0.05
        return max(1, Double(nextUsers) / (left < 0.5 ? left + 1 : left))
    }

    /// After the ramp each user of a stage is to have thought once before anything counts, those of a search in the mean.
    private mutating func beginRamp(
        to users: Int, rate: Double, hold: Seconds, at now: Seconds, thinkingFirst: Bool = false
    ) -> Action {
        self.hold = Self.wholeSeconds(hold)
        let thinking = search == nil ? load.thinkTime.maximum : load.thinkTime.mean
        settle = Self.wholeSeconds(min(thinking, hold / 3))
        let change = Double(abs(users - targetUsers))
        deadline = Self.wholeSeconds(now + change / rate + load.timeout) + 2
        targetUsers = users
        stepBegan = now
        activity = .ramp
        return .setUsers(users, ratePerSecond: rate, thinkingFirst: thinkingFirst)
    }

    private mutating func beginRate(_ stage: RateStage, at now: Int) -> Action {
        hold = Self.wholeSeconds(stage.hold)
        settle = 0
        deadline = now + Self.wholeSeconds(stage.ramp)
        targetRate = stage.perSecond
        stepBegan = Double(now)
        activity = .ramp
        return .setRate(stage.perSecond, over: stage.ramp)
    }

    private static func wholeSeconds(_ seconds: Seconds) -> Int { Int(seconds.rounded(.up)) }
}
