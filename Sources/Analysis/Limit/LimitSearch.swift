import Foundation
package import Model

/// The search for the limit: the number of users at which a criterion is met on half of all plateaus. It does no I/O: it names
/// the next step and is told the outcome.
///
/// It steps up by a factor until a short plateau fails (or down, when the first does), by a smaller one once latencies rise. Then
/// full plateaus, the trials, are held on both sides of where the limit is held to be, each number more than once, until the
/// estimate is as narrow as asked. A search that asks for no second look, or for a coarse answer, halves its way from bound to
/// bound instead.
package struct LimitSearch: Sendable {
    package enum Action: Sendable, Equatable {
        case step(users: Int, purpose: LoadStep.Purpose)
        case finished
    }

    package let plan: LimitSearchPlan
    package private(set) var steps = 0
    package private(set) var trials: [LimitTrial] = []
    /// Of the steps that are no trials: what they tell before there are any.
    private var way = LimitBracket()
    /// Where the newest failed step that was no trial says that the limit is.
    private var prediction: Double?
    /// The least mean latency of the steps that passed on the way.
    private var least = Seconds.infinity
    /// Requests wait longer than with few users, so that the limit is near: a step far beyond it would leave a long backlog.
    private var isFilling = false
    /// Latencies differ by less from chance.
    private static let slower = 1.5
    /// A bound on the steps of one search.
    package let maximumSteps: Int

    /// Trials that an estimate rests on, at least and at most.
    static let fewestTrials = 4
    static let mostTrials = 7
    /// An interval this much wider than asked is narrow enough.
    static let tolerance = 1.2
    /// How often each bound is measured at least.
    static let fewestLooks = 2

    package init(plan: LimitSearchPlan) {
        self.plan = plan
        maximumSteps = Self.maximumSteps(of: plan)
    }

    /// The bound on steps was reached before the answer was as narrow as asked.
    package var ranOutOfSteps: Bool { steps >= maximumSteps && wanted != .finished }

    package var bracket: LimitBracket { LimitBracket(way: way, trials: trials) }

    /// What the trials so far say of the limit; nil without any.
    package var estimate: LimitEstimate? {
        trials.isEmpty ? nil : LimitEstimates(of: trials, way: way, to: plan.to).first
    }

    package func next() -> Action { steps < maximumSteps ? wanted : .finished }

    /// A step that only shows the way.
    /// - Parameter prediction: of a failed step, the users at which the limit is just reached.
    /// - Parameter latency: mean of the step's successes.
    package mutating func record(users: Int, passed: Bool, prediction: Int? = nil, latency: Seconds? = nil) {
        steps += 1
        if passed, let latency {
            least = min(least, latency)
            if latency > Self.slower * least { isFilling = true }
        }
        if let prediction { self.prediction = Double(prediction) }
        way.record(users: users, held: passed)
    }

    package mutating func record(_ trial: LimitTrial) {
        steps += 1
        trials.append(trial)
    }

    private var wanted: Action {
        let known = bracket
        switch (known.passed?.users, known.failed?.users) {
        case (nil, nil):
            return .step(users: first, purpose: .climb)
        case (let passed?, nil):
            guard passed >= plan.to else {
                return .step(
                    users: min(plan.to, max(passed + 1, scaled(passed, by: isFilling ? fillingFactor : factor))),
                    purpose: .climb)
            }
            return again(passed)
        case (nil, let failed?):
            guard failed <= 1 else {
                return .step(users: max(1, min(failed - 1, scaled(failed, by: 1 / factor))), purpose: .climb)
            }
            return again(failed)
        case (let passed?, let failed?):
            guard plan.restsOnTrials else { return halving(passed: passed, failed: failed, known) }
            return TrialPlacement(trials: trials, way: way, plan: plan).next(prediction: prediction, bracket: known)
        }
    }

    /// Nothing lies beyond: the end itself is measured in full.
    private func again(_ users: Int) -> Action {
        let looks = trials.count { $0.users == users }
        return plan.restsOnTrials && looks < Self.fewestLooks ? .step(users: users, purpose: .trial) : .finished
    }

    private func halving(passed: Int, failed: Int, _ known: LimitBracket) -> Action {
        guard !known.isClosed(precision: plan.precision) else { return .finished }
        var users = (Double(passed) * Double(failed)).squareRoot()
        if let prediction, prediction > Double(passed), prediction < Double(failed) {
            // A little below and a little above it, so that the answer is as narrow as asked.
            let below = prediction / (1 + plan.precision / 2)
            users =
                below > Double(passed) + 0.5 ? below : min(Double(failed), Double(passed) * (1 + 0.95 * plan.precision))
        }
        return .step(users: max(passed + 1, min(failed - 1, Int(users.rounded()))), purpose: .bisect)
    }

    private var first: Int { max(1, min(plan.from, plan.to)) }
    private var factor: Double { Self.factor(of: plan) }
    private var fillingFactor: Double { min(factor, max(2, factor.squareRoot())) }

    private func scaled(_ users: Int, by factor: Double) -> Int {
        Int(min(Double(plan.to), (Double(users) * factor).rounded()))
    }

    private static func factor(of plan: LimitSearchPlan) -> Double {
        plan.factor.isFinite ? max(1.05, plan.factor) : 2
    }

    private static func maximumSteps(of plan: LimitSearchPlan) -> Int {
        let factor = factor(of: plan)
        let from = Double(max(1, min(plan.from, plan.to)))
        let up = steps(from: from, to: Double(max(1, plan.to)), factor: min(factor, 2))
        let down = steps(from: 1, to: from, factor: factor)
        let halvings = steps(from: max(plan.precision, 1e-6), to: factor - 1, factor: 2)
        return 3 + max(up, down) + (plan.restsOnTrials ? mostTrials + fewestLooks : halvings)
    }

    /// How many times `factor` leads from one number to another.
    private static func steps(from: Double, to: Double, factor: Double) -> Int {
        var (count, reached) = (0, from)
        while reached < to, count < 200 {
            reached *= factor
            count += 1
        }
        return count
    }
}
