import Foundation
import Model

/// Where the next trial is held.
///
/// A third of the precision below or above the estimate, on the side that has had fewer trials: trials at the limit itself would say
/// whether it breaks there, but not how the excess grows. A number that was measured before is taken again where it is near.
struct TrialPlacement {
    private let trials: [LimitTrial]
    private let plan: LimitSearchPlan
    private let estimate: LimitEstimate?

    /// - Parameter way: the steps before the trials.
    init(trials: [LimitTrial], way: LimitBracket, plan: LimitSearchPlan) {
        self.trials = trials
        self.plan = plan
        estimate = trials.isEmpty ? nil : LimitEstimates(of: trials, way: way, to: plan.to).first
    }

    func next(prediction: Double?, bracket: LimitBracket) -> LimitSearch.Action {
        guard trials.count < LimitSearch.mostTrials else { return .finished }
        guard let estimate else { return step(first(prediction, bracket)) }
        let isNarrow = estimate.width.map { $0 <= LimitSearch.tolerance * plan.precision } ?? false
        let seldom = [bracket.passed, bracket.failed].compactMap(\.self)
            .filter { $0.measured < LimitSearch.fewestLooks }
        // The last trials are kept for bounds that were measured once.
        let isLast = trials.count + seldom.count >= LimitSearch.mostTrials
        guard trials.count >= LimitSearch.fewestTrials, isNarrow || isClosed(bracket) || (isLast && !seldom.isEmpty)
        else { return step(beside(estimate)) }
        return seldom.first.map { step($0.users) } ?? .finished
    }

    /// No whole number lies between the bounds.
    private func isClosed(_ bracket: LimitBracket) -> Bool {
        guard let passed = bracket.passed, let failed = bracket.failed else { return false }
        return failed.users - passed.users <= 1
    }

    private func first(_ prediction: Double?, _ bracket: LimitBracket) -> Int {
        let (low, high) = (Double(bracket.passed?.users ?? 1), Double(bracket.failed?.users ?? plan.to))
        let inside = max(low * 1.03, min(high * 0.97, prediction ?? (low * high).squareRoot()))
        return Int(inside.rounded())
    }

    private func beside(_ estimate: LimitEstimate) -> Int {
        let middle = log(estimate.users)
        let below = trials.count { Double($0.users) < estimate.users }
        let wantsMore =
            2 * below == trials.count ? Double(trials.last?.users ?? 0) < estimate.users : 2 * below > trials.count
        let distance = 0.3 * plan.precision
        let target = middle + (wantsMore ? distance : -distance)
        let near = trials.map(\.users).filter { users in
            abs(log(Double(users)) - target) < 0.5 * plan.precision && (Double(users) > estimate.users) == wantsMore
        }
        if let known = near.min(by: { abs(log(Double($0)) - target) < abs(log(Double($1)) - target) }) { return known }
        // Whole users: at least the next one on the wanted side.
        return wantsMore
            ? max(Int(exp(target).rounded()), Int(estimate.users.rounded(.down)) + 1)
            : min(Int(exp(target).rounded()), Int(estimate.users.rounded(.up)) - 1)
    }

    private func step(_ users: Int) -> LimitSearch.Action {
        .step(users: max(1, min(plan.to, users)), purpose: .trial)
    }
}
