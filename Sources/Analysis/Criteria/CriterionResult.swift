package import Model

/// What a plateau says of one criterion.
package struct CriterionResult: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case held
        /// Where it was met first.
        case met(CriterionBreach)
        /// All tasks together had too few requests to say that it held, and are not above it by more than chance.
        case undecided(needed: Int, had: Int)
    }

    /// The metric over one window.
    package struct Window: Sendable, Equatable {
        /// A share for error rates, seconds for latencies.
        package var value: Double
        /// nil: all tasks together.
        package var task: String?
        /// Seconds of the load that the window covers.
        package var seconds: Range<Int>
    }

    package var criterion: Criterion
    package var outcome: Outcome
    /// Of the windows that were judged, of all tasks together and of each, the one with the largest value; nil where none was.
    package var worst: Window?
    /// Tasks with too few requests to be judged by themselves.
    package var unjudged: [String]

    package var breach: CriterionBreach? {
        guard case .met(let breach) = outcome else { return nil }
        return breach
    }

    package var isUndecided: Bool {
        guard case .undecided = outcome else { return false }
        return true
    }
}

/// Judges a plateau by each of the criteria.
/// - Parameters:
///   - samples: of the plateau only, in order.
///   - taskNames: in the order of the samples' tasks.
/// - Returns: one per criterion, in their order.
package func judge(
    _ criteria: [Criterion], on samples: [SecondSample], taskNames: [String]
) -> [CriterionResult] {
    let judge = CriterionJudge(samples, taskNames: taskNames)
    return criteria.map(judge.result)
}

extension LoadStep.Purpose {
    /// Whether an answer rests on the step. Others only show the way, on which a criterion that is undecided is taken for held.
    package var isResult: Bool { self == .stage || self == .trial || self == .confirm }
}

extension CriterionResult {
    /// What makes a plateau inconclusive where the criterion is undecided.
    var doubt: Validity.Reason? {
        guard case .undecided(let needed, let had) = outcome else { return nil }
        return .undecided(criterion: criterion.text, needed: needed, had: had)
    }
}
