/// How long the steps of a search are held.
extension LimitSearchPlan {
    /// The answer rests on full plateaus near the limit; the steps before them only show the way.
    package var restsOnTrials: Bool { confirm && precision < 1 }

    /// Seconds of a step's plateau. A step of the climb that meets a criterion in its short time would meet it in a longer
    /// one too.
    package func plateauLength(of purpose: LoadStep.Purpose) -> Seconds {
        guard restsOnTrials else { return hold }
        return switch purpose {
        case .stage, .trial, .bisect, .confirm: hold
        case .climb: min(hold, max(2, hold / 5))
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
