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

extension RunSecond.Requests {
    init(_ summary: RequestSummary) {
        let succeeded = summary.succeeded
        self.init(
            ended: summary.requests,
            failures: Dictionary(uniqueKeysWithValues: summary.failures.map { ($0.kind, $0.count) }),
            mean: succeeded.mean, p50: succeeded.p50, p90: succeeded.p90, p95: succeeded.p95, p99: succeeded.p99)
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
