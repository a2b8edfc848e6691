import Foundation
package import Model

/// What a search knows: the most users that passed below the fewest that failed.
///
/// A number of users that was measured twice counts as its second measurement says.
package struct LimitBracket: Sendable, Equatable {
    package private(set) var passed: Int?
    package private(set) var failed: Int?
    private var trials: [Int: Trial] = [:]

    private struct Trial: Equatable {
        var passed: Bool
        var count: Int
    }

    package init() {}

    package mutating func record(users: Int, passed outcome: Bool) {
        trials[users] = Trial(passed: outcome, count: (trials[users]?.count ?? 0) + 1)
        failed = trials.filter { !$0.value.passed }.keys.min()
        passed = trials.filter { $0.value.passed && $0.key < failed ?? .max }.keys.max()
    }

    /// Measured a second time.
    package func isConfirmed(_ users: Int) -> Bool { trials[users].map { $0.count > 1 } ?? false }

    /// How the newest measurement at this number went; nil when there was none.
    package func outcome(at users: Int) -> Bool? { trials[users]?.passed }

    /// (failed − passed) / passed, or nil when a bound is missing.
    package var width: Share? {
        guard let passed, let failed, passed > 0 else { return nil }
        return Double(failed - passed) / Double(passed)
    }

    /// As narrow as asked, or as narrow as whole users allow.
    package func isClosed(precision: Share) -> Bool {
        guard let failed else { return false }
        guard let passed, let width else { return failed <= 1 }
        return failed - passed <= 1 || width <= precision
    }
}

/// The search for the limit: the number of users up to which no criterion is met. It does no I/O: it names the next step and
/// is told the outcome. Steps up by a factor until one fails (or down, when the first does), closes in on where the failed step says that
/// the limit is, or bisects geometrically where it does not say, then measures both bounds again. A bound that is not
/// confirmed changes sides and the search goes on from there, within `maximumSteps`.
package struct LimitSearch: Sendable {
    package enum Action: Sendable, Equatable {
        case step(users: Int, purpose: LoadStep.Purpose)
        case finished
    }

    package let plan: LimitSearchPlan
    package private(set) var bracket = LimitBracket()
    package private(set) var steps = 0
    /// The number at which a second measurement contradicted the first: the limit is near it, and what follows moves away
    /// from it in small steps.
    private var doubtful: Int?
    /// Where the newest failed step says that the limit is.
    private var prediction: Double?
    /// Steps in a row after which the newest prediction lies on the wrong side.
    private var strides = 0
    /// A bound on the steps of one search: a straight search's, and two for bounds that were not confirmed.
    package let maximumSteps: Int

    package init(plan: LimitSearchPlan) {
        self.plan = plan
        maximumSteps = Self.maximumSteps(of: plan)
    }

    /// The bound on steps was reached before the answer was as narrow as asked and confirmed.
    package var ranOutOfSteps: Bool { steps >= maximumSteps && wanted != .finished }

    package func next() -> Action { steps < maximumSteps ? wanted : .finished }

    /// - Parameter prediction: of a failed step, the users at which the limit is just reached.
    package mutating func record(users: Int, passed: Bool, prediction: Int? = nil) {
        steps += 1
        if let prediction { self.prediction = Double(prediction) }
        defer { strides = isAstray ? strides + 1 : 0 }
        if let before = bracket.outcome(at: users), before != passed { doubtful = users }
        bracket.record(users: users, passed: passed)
    }

    private var wanted: Action {
        switch (bracket.passed, bracket.failed) {
        case (nil, nil):
            return .step(users: first, purpose: .climb)
        case (let passed?, nil):
            guard passed < plan.to else { return confirmation }
            return .step(users: min(plan.to, max(passed + 1, scaled(passed, by: stride))), purpose: .climb)
        case (nil, let failed?):
            guard failed > 1 else { return confirmation }
            return .step(users: max(1, min(failed - 1, scaled(failed, by: 1 / stride))), purpose: .bisect)
        case (let passed?, let failed?):
            if bracket.isClosed(precision: plan.precision) { return confirmation }
            if let users = guided(passed: passed, failed: failed) { return .step(users: users, purpose: .bisect) }
            var middle = Int((Double(passed) * Double(failed)).squareRoot().rounded())
            if doubtful == passed { middle = min(middle, scaled(passed, by: stride)) }
            if doubtful == failed { middle = max(middle, scaled(failed, by: 1 / stride)) }
            return .step(users: max(passed + 1, min(failed - 1, middle)), purpose: .bisect)
        }
    }

    /// The prediction lies on the wrong side of a bound: the limit is near that one.
    private var isAstray: Bool {
        guard let prediction, let passed = bracket.passed, let failed = bracket.failed else { return false }
        return prediction <= Double(passed) || prediction >= Double(failed)
    }

    /// The next step towards a predicted limit: one below it and one above it, so far apart that the answer is about as
    /// wide as asked, with the limit in its middle.
    private func guided(passed: Int, failed: Int) -> Int? {
        guard let prediction else { return nil }
        let width = 1 + 0.95 * plan.precision
        let (low, high) = (Double(passed), Double(failed))
        let users: Double
        if !isAstray {
            let below = min(prediction / width.squareRoot(), high / width)
            users = below > low + 0.5 ? below : min(prediction * width.squareRoot(), low * width)
        } else {
            // Away from the bound that is nearer to it, in growing strides but not beyond the middle: most predictions are
            // wrong by little, and the first stride closes the answer.
            let stride = pow(width, Double(1 << max(0, min(strides - 1, 10))))
            users =
                prediction <= low
                ? min(low * stride, max(low * width, (low * high).squareRoot()))
                : max(high / stride, min(high / width, (low * high).squareRoot()))
        }
        return max(passed + 1, min(failed - 1, Int(users.rounded())))
    }

    /// An answer coarser than a factor of two is not worth a second look at its bounds.
    private var confirmation: Action {
        guard plan.confirm, plan.precision < 1 else { return .finished }
        for users in [bracket.passed, bracket.failed].compactMap(\.self) where !bracket.isConfirmed(users) {
            return .step(users: users, purpose: .confirm)
        }
        return .finished
    }

    private var first: Int { max(1, min(plan.from, plan.to)) }
    private var stride: Double { doubtful != nil ? 1 + 2 * plan.precision : Self.factor(of: plan) }

    private func scaled(_ users: Int, by factor: Double) -> Int {
        Int(min(Double(plan.to), (Double(users) * factor).rounded()))
    }

    private static func factor(of plan: LimitSearchPlan) -> Double {
        plan.factor.isFinite ? max(1.05, plan.factor) : 2
    }

    private static func maximumSteps(of plan: LimitSearchPlan) -> Int {
        let factor = factor(of: plan)
        let from = Double(max(1, min(plan.from, plan.to)))
        let up = steps(from: from, to: Double(max(1, plan.to)), factor: factor)
        let down = steps(from: 1, to: from, factor: factor)
        let halvings = steps(from: max(plan.precision, 1e-6), to: factor - 1, factor: 2)
        return 3 + max(up, down) + halvings + (plan.confirm && plan.precision < 1 ? 4 : 0)
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
