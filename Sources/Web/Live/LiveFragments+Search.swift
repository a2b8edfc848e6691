import Model
import Orchestrator
import Reporting

/// The steps of the load, and what they say of the limit.
extension LiveFragments {
    var search: Markup {
        guard let shown, !shown.decisions.isEmpty else { return .none }
        let rows = shown.decisions.enumerated().reversed().prefix(60).map { place, decision -> [Markup] in
            let index = shown.decisionsBefore + place
            let worst = decision.verdicts.min { ($0.margin ?? .infinity) < ($1.margin ?? .infinity) }
            return [
                "\(index + 1)", "\(level(decision.step.level))",
                "\(words("purpose-" + decision.step.purpose.rawValue))", passed(decision),
                worst.map { "<code>\($0.criterion.text)</code>" } ?? "–", "\(margin(worst))",
                validity(decision.step.validity),
            ]
        }
        return .table(
            [
                words("step"), words("level"), words("purpose"), words("verdict"), words("closest"), words("margin"),
                words("validity"),
            ], rows, numeric: [0, 1, 5], caption: words("steps"))
    }

    /// The interval so far.
    var interval: Markup {
        guard let found = shown?.decisions.last?.interval else { return .none }
        var parts: [String] = []
        switch (found.passed, found.failed) {
        case (let passed?, let failed?):
            parts.append(
                words(
                    "intervalBoth",
                    ["passed": words.numbers.integer(passed), "failed": words.numbers.integer(failed)]))
        case (let passed?, nil): parts.append(words("intervalFrom", ["passed": words.numbers.integer(passed)]))
        case (nil, let failed?): parts.append(words("intervalBelow", ["failed": words.numbers.integer(failed)]))
        case (nil, nil): break
        }
        // An estimate that is not bounded on both sides is no answer.
        if let estimate = found.estimate, history.closing == nil || (found.passed != nil && found.failed != nil) {
            var values = ["users": words.numbers.integer(Int(estimate.rounded()))]
            if let lower = found.lower, let upper = found.upper {
                values["lower"] = words.numbers.integer(Int(lower.rounded(.down)))
                values["upper"] = words.numbers.integer(Int(upper.rounded(.up)))
            }
            let isOpen = found.lower == nil || found.upper == nil
            let name = isOpen ? "estimateOpen" : history.closing == nil ? "estimateSoFar" : "estimateFound"
            parts.append(words(name, values))
        }
        return parts.isEmpty ? .none : "<p class=\"answer\">\(parts.joined(separator: " "))</p>"
    }

    /// As the report draws it: one row per number of users, and how near each of its steps came to the criterion.
    var ladder: Markup {
        guard let shown, case .findLimit = shown.plan.shape, !shown.decisions.isEmpty else { return .none }
        let criterion = shown.plan.criteria.first { $0.metric.isLatency }
        let metric = criterion?.metric ?? .p95
        let levels = Dictionary(grouping: shown.decisions.filter { $0.requests != nil }, by: \.step.users)
        let found = shown.decisions.last?.interval
        let rungs = RangeChart.rungs(of: levels.keys.sorted(), near: found?.passed ?? found?.failed)
        var values = ["metric": metric.rawValue]
        if rungs.count < levels.count {
            values["shown"] = words.plain.integer(rungs.count)
            values["all"] = words.plain.integer(levels.count)
        }
        var ladder = RangeChart(
            title: words.ofReport("chartLadder", values), unit: "ms", labelHead: words.ofReport("tableUsers"),
            heads: [words.ofReport("tablePassed"), words.ofReport("tableErrors")],
            rows: rungs.map { rung($0, levels[$0] ?? [], metric) }, noData: words("noDataYet"), numbers: words.plain)
        if let criterion { ladder.mark = (criterion.threshold * 1000, criterion.text) }
        ladder.legend = (words.ofReport("ladderPassed"), words.ofReport("ladderFailed"))
        return Markup(html: ladder.svg())
    }

    private func rung(_ users: Int, _ steps: [StepDecision], _ metric: CriterionMetric) -> RangeChart.Row {
        let errors = steps.compactMap(\.requests).filter { $0.ended > 0 }.map(\.errorRate).max()
        return RangeChart.Row(
            label: words.plain.integer(users),
            points: steps.compactMap { decision in
                decision.worst(metric).map { RangeChart.Point($0 * 1000, decision.step.passed ? .passed : .failed) }
            },
            notes: [
                "\(words.plain.integer(steps.count { $0.step.passed }))/\(words.plain.integer(steps.count))",
                errors.map(words.plain.percent) ?? "–",
            ])
    }

    func level(_ level: LoadLevel) -> String {
        switch level {
        case .users(let users): words("levelUsers", ["users": words.numbers.integer(users)])
        case .arrivals(let rate): words("levelRate", ["rate": words.numbers.exact(rate)])
        }
    }

    private func passed(_ decision: StepDecision) -> Markup {
        if decision.step.passed { return "<span class=\"verdict held\">\(words("passed"))</span>" }
        let isUndecided = !decision.verdicts.contains { $0.outcome == .met }
        return isUndecided
            ? "<span class=\"verdict undecided\">\(words("verdict-undecided"))</span>"
            : "<span class=\"verdict met\">\(words("failed"))</span>"
    }

    func validity(_ validity: Validity?) -> Markup {
        guard let validity else { return "–" }
        switch validity.verdict {
        case .valid: return "\(words("valid"))"
        case .generatorLimited: return "<strong class=\"alarm\">\(words("generatorLimited"))</strong>"
        case .inconclusive: return "<strong>\(words("inconclusive"))</strong>"
        }
    }
}

extension StepDecision {
    /// The largest value of a latency over the windows that were judged; of all successes where none was.
    fileprivate func worst(_ metric: CriterionMetric) -> Seconds? {
        verdicts.filter { $0.criterion.metric == metric }.compactMap(\.value).max() ?? requests?.latency(metric)
    }
}

extension RunSecond.Requests {
    /// nil for an error rate, and without successes.
    func latency(_ metric: CriterionMetric) -> Seconds? {
        switch metric {
        case .errorRate: nil
        case .p50: p50
        case .p90: p90
        case .p95: p95
        case .p99: p99
        case .mean: mean
        }
    }
}
