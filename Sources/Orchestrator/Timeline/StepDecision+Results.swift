import Analysis
import Model

extension CriterionVerdict {
    init(_ result: CriterionResult) {
        let outcome: Outcome =
            switch result.outcome {
            case .held: .held
            case .met: .met
            case .undecided: .undecided
            }
        self.init(
            criterion: result.criterion, outcome: outcome, value: result.worst?.value, task: result.worst?.task)
    }
}

extension SearchInterval {
    init(_ search: LimitSearch) {
        let (bracket, estimate) = (search.bracket, search.estimate)
        self.init(
            passed: bracket.passed?.users, failed: bracket.failed?.users, estimate: estimate?.users,
            lower: estimate?.lower, upper: estimate?.upper)
    }
}
