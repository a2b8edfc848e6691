/// How long the steps of a search are held.
extension LimitSearchPlan {
    /// A search that measures the bounds of its answer again has full plateaus to rest on; the others only show the way.
    package var restsOnConfirmation: Bool { confirm && precision < 1 }

    /// Seconds of a step's plateau. A step of the climb that breaks a limit in its short time breaks it in a longer one; one
    /// that keeps it by luck is found out later, as the bounds of the answer have the full length.
    package func plateauLength(of purpose: LoadStep.Purpose, limits: [Limit]) -> Seconds {
        guard restsOnConfirmation else { return hold }
        return switch purpose {
        case .stage, .confirm: hold
        case .climb: min(hold, max(3, hold / 4))
        case .bisect: min(hold, max(hold / 2, limits.map(\.window).max() ?? 1))
        }
    }
}

extension Limit {
    /// The same limit where it is so far away that a moment tells that it is broken; nil where there is no such value.
    package var farAbove: Limit? {
        var far = self
        far.threshold = metric == .errorRate ? max(0.1, 2 * threshold) : 2 * threshold
        return metric == .errorRate && far.threshold >= 1 ? nil : far
    }
}
