import Analysis
import Model

/// What an experiment's question was answered with, without words: sentences, tiles and summaries are made of it.
enum AnswerFinding {
    /// The experiment was not started.
    case notBegun
    /// Latency by the number of orders in the data set.
    case orders(StackSeries, Study)
    /// Which balancing policy was deployed, and the share of each replica under each; at least one study.
    case policies([Study])
    /// A search for the limit.
    case limit(LimitAnswer, Study)
    /// What was measured at given numbers of users or arrivals.
    case plateaus(Study)

    /// The measurement that it rests on, or the first of several; nil where there is none.
    var study: Study? {
        switch self {
        case .notBegun: nil
        case .orders(_, let study), .limit(_, let study), .plateaus(let study): study
        case .policies(let studies): studies.first
        }
    }
}

extension Writer {
    func finding(of experiment: Experiment, at index: Int) -> AnswerFinding {
        guard let study = studies[index].first else { return .notBegun }
        if let series = experiment.stack.series { return .orders(series, study) }
        if experiment.variants.count > 1 || experiment.question == 5 { return .policies(studies[index]) }
        return study.answer.map { .limit($0, study) } ?? .plateaus(study)
    }
}
