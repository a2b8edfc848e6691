package import Model

/// A step of a search, decided anew from its samples.
package struct JudgedStep: Sendable, Equatable {
    package var step: LoadStep
    /// nil when its plateau has no samples.
    package var summary: PlateauSummary?
    /// nil when no criterion was met.
    package var breach: CriterionBreach?
    /// Criteria that the plateau has too few requests for. A step that an answer rests on has not passed then.
    package var undecided: [CriterionResult] = []
    package var passed: Bool
    /// What a search's estimate takes from it; nil where it is no trial.
    package var trial: LimitTrial?
    /// Whether the plateau shows the application; nil where the record does not say how the generator did.
    package var validity: Validity?
}

extension JudgedStep {
    package enum Outcome: String, Sendable {
        case passed, failed, undecided
    }

    /// A step with too few requests for a criterion is undecided where none was met and an answer rests on it.
    package var outcome: Outcome { passed ? .passed : breach == nil && !undecided.isEmpty ? .undecided : .failed }

    /// Whether an error rate broke by what the application answered or refused. A generator without room is late and asks
    /// for less than it should; it makes nobody answer with an error.
    package var isBrokenByAnswers: Bool {
        guard let breach, breach.limit.metric == .errorRate, let failures = summary?.all.failures else { return false }
        let (all, answered) = failures.reduce(into: (0, 0)) { sums, failure in
            sums.0 += failure.count
            switch failure.kind {
            case .status, .check, .malformed, .refused, .reset, .tls: sums.1 += failure.count
            case .timeout, .connect, .exhausted: break
            }
        }
        return 2 * answered > all
    }
}

extension RecordedMeasurement {
    /// All steps in the order in which they ran. A step without samples is left as the run decided it.
    package func judgedSteps(of experiment: Experiment) -> [JudgedStep] {
        judgedSteps(load: experiment.load, limits: experiment.limits)
    }

    package func judgedSteps(load: LoadDefinition, limits: [Criterion]) -> [JudgedStep] {
        let names = load.tasks.map(\.name)
        let speed = MachineSpeed(measurement.signals, reference: MachineSpeed.common)
        return measurement.steps.enumerated().map { index, recorded in
            let step = recorded.atRate(of: load.shape, stage: index)
            let plateau = plateau(of: step)
            let breach = firstBreach(of: limits, in: plateau, taskNames: names)
            let results = judge(limits, on: plateau, taskNames: names)
            let undecided = results.filter(\.isUndecided)
            let passed =
                plateau.isEmpty
                ? step.passed : breach == nil && (undecided.isEmpty || !step.purpose.isResult)
            return JudgedStep(
                step: step,
                summary: PlateauSummary(users: step.users, samples: plateau, taskNames: names),
                breach: breach, undecided: undecided, passed: passed,
                trial: step.purpose == .trial
                    ? LimitTrial(users: step.users, results: results, speed: speed?.relative(over: step.plateau)) : nil,
                validity: validity(
                    of: step, at: index, passed: passed, undecided: undecided, load: load, limits: limits))
        }
    }
}

extension LoadStep {
    /// Records of older versions hold the rate of an open load's stage as if it were users.
    fileprivate func atRate(of shape: LoadShape, stage: Int) -> LoadStep {
        guard case .rate(let stages, _) = shape else { return self }
        var step = self
        step.rate = rate ?? (stages.indices.contains(stage) ? stages[stage].perSecond : Double(users))
        step.users = 0
        return step
    }
}

/// What a search for the limit found.
package struct LimitAnswer: Sendable, Equatable {
    package enum Verdict: Sendable, Equatable {
        /// The most users that passed and the fewest that failed.
        case interval(passed: Int, failed: Int)
        /// No step failed; the limit is not below this number.
        case neverFailed(atLeast: Int)
        case failsAtOneUser
        /// No step passed, and the search did not reach one user.
        case failsFrom(Int)
        /// No step was measured.
        case notMeasured
    }

    package var verdict: Verdict
    /// The users at which half of all plateaus break; nil where no trials were held on both sides of it.
    package var estimate: LimitEstimate?
    /// The estimate for a machine of speed 1 (`MachineSpeed.common`), on which as many more users are served as it is faster; nil where
    /// a trial's speed was not measured. It is what runs on a machine whose speed moves have in common, where computing limits.
    package var atCommonSpeed: LimitEstimate?
    /// How much the limit moved from the first trial to the last, as a share of it; nil where no movement is shown.
    package var movement: Double?
    /// The same for each criterion alone, in their order; nil where its limit lies beyond what was measured.
    package var criteria: [LimitEstimate?]
    /// How often each bound of the verdict was measured, and how often it held.
    package var passed: LimitBracket.Count?
    package var failed: LimitBracket.Count?
    /// At the fewest users that failed, the last time they did.
    package var failing: JudgedStep?
    /// At the most users that passed, the last time they did.
    package var passing: JudgedStep?
    /// (failed − passed) / passed.
    package var width: Share?
    /// The answer is about as narrow as the plan asks, or as whole users allow.
    package var reachedPrecision: Bool
    /// Both bounds were measured more than once, with the same outcome each time.
    package var confirmed: Bool
    /// The outcome may be due to the generator, so the answer is "at least".
    package var generatorLimited: Bool
    /// Numbers of users at which a criterion was met although none was at as many or more: near the limit both outcomes are
    /// to be expected, far from it the application fails and recovers. The bounds of the answer itself do not count.
    package var contradictions: [Int]
    /// The most users at which a step passed; nil where none did.
    package var mostPassed: Int?
    /// The users after which the application did not answer any more; nil when it always did.
    package var killedBy: Int?

    package init(steps: [JudgedStep], plan: LimitSearchPlan, generator: GeneratorReport?) {
        let trials = steps.compactMap(\.trial)
        var way = LimitBracket()
        for step in steps where step.trial == nil { way.record(users: step.step.users, held: step.passed) }
        let bracket = LimitBracket(way: way, trials: trials)
        (passed, failed) = (bracket.passed, bracket.failed)
        verdict =
            switch (passed?.users, failed?.users) {
            case (let passed?, let failed?): .interval(passed: passed, failed: failed)
            case (let passed?, nil): .neverFailed(atLeast: passed)
            case (nil, let failed?): failed <= 1 ? .failsAtOneUser : .failsFrom(failed)
            case (nil, nil): .notMeasured
            }
        let estimates = LimitEstimates(of: trials, way: way, to: plan.to)
        estimate = bracket.width == nil ? nil : estimates.first
        criteria = estimates.each
        movement = bracket.width == nil ? nil : Self.movement(over: trials)
        atCommonSpeed = bracket.width == nil ? nil : LimitEstimates(atCommonSpeed: trials)?.first
        let bounds = [bracket.passed, bracket.failed]
        failing =
            steps.last { $0.step.users == bounds[1]?.users && !$0.passed }
            ?? steps.last { $0.step.users == bounds[1]?.users }
        passing =
            steps.last { $0.step.users == bounds[0]?.users && $0.passed }
            ?? steps.last { $0.step.users == bounds[0]?.users }
        width = bracket.width
        reachedPrecision =
            bracket.isClosed(precision: plan.precision)
            || estimate?.width.map { $0 <= LimitSearch.tolerance * plan.precision } ?? false
        let measured = bounds.compactMap(\.self)
        confirmed =
            !measured.isEmpty && measured.allSatisfy { $0.measured > 1 && ($0.held == 0 || $0.held == $0.measured) }
        let judged = steps.compactMap(\.validity)
        generatorLimited =
            judged.isEmpty
            ? generator.map { $0.peakThreadCPU > generatorCapacity } ?? false
            : [failing, failing == nil ? passing : nil].contains { step in
                (step?.validity).isGeneratorLimited && step?.isBrokenByAnswers != true
            }
        mostPassed = steps.filter(\.passed).map(\.step.users).max()
        contradictions = Self.contradictions(steps, passed: passed?.users, failed: failed?.users)
        killedBy = steps.last { $0.step.killed == true }?.step.users
    }

    /// By the criterion that broke most often.
    private static func movement(over trials: [LimitTrial]) -> Double? {
        let criteria = trials.map(\.excesses.count).max() ?? 0
        let broken = (0..<criteria).max { one, other in
            func count(_ index: Int) -> Int { trials.count { ($0.excesses[index] ?? -1) > 0 } }
            return count(one) < count(other)
        }
        guard let broken else { return nil }
        return LimitTrend.change(
            over: trials.compactMap { trial in trial.excesses[broken].map { (Double(trial.users), $0) } })
    }

    private static func contradictions(_ steps: [JudgedStep], passed: Int?, failed: Int?) -> [Int] {
        let most = steps.filter(\.passed).map(\.step.users).max() ?? 0
        return Set(steps.filter { !$0.passed && $0.step.users <= most }.map(\.step.users))
            .subtracting([passed, failed].compactMap(\.self)).union(failed.map { $0 < most ? [$0] : [] } ?? [])
            .sorted()
    }
}

/// Above this share of a core in its busiest second, a generator's thread may be what limits.
package let generatorCapacity: Share = 0.9
