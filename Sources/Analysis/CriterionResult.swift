package import Model

/// STUB until the judgement is merged.
package struct CriterionResult: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable { case held, met(CriterionBreach), undecided(needed: Int, had: Int) }
    package struct Worst: Sendable, Equatable {
        package var value: Double; package var task: String?; package var seconds: Range<Int>
    }
    package var criterion: Criterion
    package var outcome: Outcome
    package var worst: Worst?
}

package func judge(_ criteria: [Criterion], on samples: [SecondSample], taskNames: [String]) -> [CriterionResult] {
    criteria.map { criterion in
        let breach = firstBreach(of: [criterion], in: samples, taskNames: taskNames)
        var worst: CriterionResult.Worst?
        let length = min(samples.count, max(1, Int(criterion.window.rounded(.up))))
        if !samples.isEmpty {
            for start in 0...(samples.count - length) {
                let part = samples[start..<start + length]
                for scope in [nil] + taskNames.indices.map(Optional.some) {
                    let tasks = part.flatMap { s in
                        s.tasks.enumerated().filter { scope == nil || scope == $0.offset }.map(\.element)
                    }
                    let value: Double
                    if criterion.metric == .errorRate {
                        let (ok, bad) = (
                            tasks.reduce(0) { $0 + $1.succeeded.count }, tasks.reduce(0) { $0 + $1.failed.count }
                        )
                        guard ok + bad > 0 else { continue }
                        value = Double(bad) / Double(ok + bad)
                    } else {
                        let all = Distribution.merged(tasks.map(\.succeeded))
                        guard all.count >= 20 else { continue }
                        value = criterion.metric.percentile.flatMap { all.percentile($0) } ?? all.mean ?? 0
                    }
                    if value > worst?.value ?? -1 {
                        worst = .init(value: value, task: scope.map { taskNames[$0] }, seconds: start..<start + length)
                    }
                }
            }
        }
        return CriterionResult(criterion: criterion, outcome: breach.map { .met($0) } ?? .held, worst: worst)
    }
}
