/// How a step of the load came out, as it was decided on the spot. The report decides again from the samples.
package struct StepDecision: Codable, Sendable, Equatable {
    package var step: LoadStep
    /// In the order of the criteria.
    package var verdicts: [CriterionVerdict]
    /// What the steps of a search so far say of the limit; nil of a load that does not search.
    package var interval: SearchInterval?
    /// Of all tasks together, what was due on its plateau and ended on it; nil where it has no second.
    package var requests: RunSecond.Requests?

    package init(
        step: LoadStep, verdicts: [CriterionVerdict], interval: SearchInterval? = nil,
        requests: RunSecond.Requests? = nil
    ) {
        self.step = step
        self.verdicts = verdicts
        self.interval = interval
        self.requests = requests
    }
}

/// What a step said of one criterion.
package struct CriterionVerdict: Codable, Sendable, Equatable {
    package enum Outcome: String, Codable, Sendable {
        case held, met
        /// Too few requests to say that it held, and not above it by more than chance.
        case undecided
    }

    package var criterion: Criterion
    package var outcome: Outcome
    /// Of the worst window, a share for error rates, seconds for latencies; nil where none could be judged.
    package var value: Double?
    /// Where it was worst; nil for all tasks together.
    package var task: String?

    package init(criterion: Criterion, outcome: Outcome, value: Double? = nil, task: String? = nil) {
        self.criterion = criterion
        self.outcome = outcome
        self.value = value
        self.task = task
    }

    /// How far the worst window lay below the threshold, as a share of it; below 0 where it lay above. nil where nothing was
    /// judged, or where the threshold is 0.
    package var margin: Double? {
        guard let value, criterion.threshold > 0 else { return nil }
        return 1 - value / criterion.threshold
    }
}

/// Between which numbers of users the limit lies, as far as a search has come.
package struct SearchInterval: Codable, Sendable, Equatable {
    /// The most users that passed more often than not.
    package var passed: Int?
    /// The fewest that failed more often than not.
    package var failed: Int?
    /// The limit estimated from the trials, and the interval that holds it with 95 %; nil without trials.
    package var estimate: Double?
    package var lower: Double?
    package var upper: Double?

    package init(
        passed: Int? = nil, failed: Int? = nil, estimate: Double? = nil, lower: Double? = nil, upper: Double? = nil
    ) {
        self.passed = passed
        self.failed = failed
        self.estimate = estimate
        self.lower = lower
        self.upper = upper
    }
}
