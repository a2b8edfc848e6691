/// How long the steps of a search are held.
extension LimitSearchPlan {
    /// A search that measures the bounds of its answer again has full plateaus to rest on; the others only show the way.
    package var restsOnConfirmation: Bool { confirm && precision < 1 }

    /// Seconds of a step's plateau. A step of the climb that meets a criterion in its short time would meet it in a longer
    /// one too. A step that passes by luck is found out later, because the bounds of the answer have the full length.
    package func plateauLength(of purpose: LoadStep.Purpose, limits: [Criterion]) -> Seconds {
        guard restsOnConfirmation else { return hold }
        return switch purpose {
        case .stage, .confirm: hold
        case .climb: min(hold, max(3, hold / 4))
        case .bisect: min(hold, max(hold / 2, limits.map(\.window).max() ?? 1))
        }
    }
}

extension Criterion {
    /// The same criterion with a threshold so high that a moment above it is enough; nil where there is no such threshold.
    package var farAbove: Criterion? {
        var far = self
        far.threshold = metric == .errorRate ? max(0.1, 2 * threshold) : 2 * threshold
        return metric == .errorRate && far.threshold >= 1 ? nil : far
    }
}
