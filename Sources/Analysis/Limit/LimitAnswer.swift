package import Model

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
    /// The users at which a criterion is met on half of all plateaus; nil where no trials were held on both sides of it.
    package var estimate: LimitEstimate?
    /// The estimate for a machine of speed 1 (`MachineSpeed.common`), on which as many more users are served as it is faster; nil where
    /// a trial's speed was not measured. It is what runs on a machine whose speed moves have in common, where computing limits.
    package var atCommonSpeed: LimitEstimate?
    /// The estimate for each criterion alone, in their order; nil where its limit lies beyond what was measured.
    package var criteria: [LimitEstimate?]
    /// How much the limit moved from the first trial to the last, as a share of it; nil where no movement is shown.
    package var movement: Double?
    /// How often each bound of the verdict was measured, and how often it held.
    package var passed: LimitBracket.Count?
    package var failed: LimitBracket.Count?
    /// At the fewest users that failed, the last time they did.
    package var failing: JudgedStep?
    /// At the most users that passed, the last time they did.
    package var passing: JudgedStep?
    /// Of all steps that passed at that number of users the one with the highest p95 of successes: the p95 at a limit, where
    /// one number is to stand for all of them.
    package var worstPassing: JudgedStep?
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
        let steps = steps.filter { !$0.isReduced }
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
        criteria = estimates.each
        let isBounded = bracket.width != nil
        estimate = isBounded ? estimates.first : nil
        atCommonSpeed = isBounded ? LimitEstimates(atCommonSpeed: trials)?.first : nil
        movement = isBounded ? Self.movement(over: trials) : nil
        failing = bracket.failed.flatMap { Self.step(at: $0.users, passed: false, of: steps) }
        passing = bracket.passed.flatMap { Self.step(at: $0.users, passed: true, of: steps) }
        worstPassing = Self.worst(steps.filter { $0.passed && $0.step.users == bracket.passed?.users })
        width = bracket.width
        reachedPrecision =
            bracket.isClosed(precision: plan.precision)
            || estimate?.width.map { $0 <= LimitSearch.tolerance * plan.precision } ?? false
        let measured = [bracket.passed, bracket.failed].compactMap(\.self)
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

    /// The last step with so many users that came out so; else the last one with so many.
    private static func step(at users: Int, passed: Bool, of steps: [JudgedStep]) -> JudgedStep? {
        let there = steps.filter { $0.step.users == users }
        return there.last { $0.passed == passed } ?? there.last
    }

    /// By its p95; of equal ones the last.
    private static func worst(_ steps: [JudgedStep]) -> JudgedStep? {
        func p95(_ step: JudgedStep) -> Seconds { step.summary?.all.succeeded.p95 ?? 0 }
        return steps.reversed().max { p95($0) < p95($1) }
    }

    /// By the criterion that was met most often.
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
