import Analysis
import Model

/// A search for the limit: its steps, its answer's quality and the charts over users.
extension Writer {
    func search(_ study: Study) throws -> View {
        guard let answer = study.answer else { return [:] }
        var view: View = [
            "rows": try study.steps.enumerated().map { try row($1, number: $0 + 1, of: study) },
            "remarks": try (remarks(answer) + estimates(answer, study) + growth(study)).map {
                ["line": $0 + " " + source(study, "steps")]
            },
            "charts": wholeLadder(study).map { ["block": block($0)] } + userCharts(study).map { ["block": block($0)] },
        ]
        if study.speed != nil { view["speeds"] = true }
        let bounds = [answer.passing, answer.failing].compactMap(\.self)
        view["tables"] = try bounds.map { try plateau($0, of: study) }
        return view
    }

    /// Where the one before the folds leaves rows out.
    private func wholeLadder(_ study: Study) -> [RangeChart] {
        guard let ladder = ladder(study, most: .max), ladder.rows.count > Self.ladderRows else { return [] }
        return [ladder]
    }

    private func row(_ judged: JudgedStep, number: Int, of study: Study) throws -> View {
        let purpose =
            switch judged.step.purpose {
            case .stage: try words("purposeStage")
            case .climb: try words("purposeClimb")
            case .bisect: try words("purposeBisect")
            case .trial: try words("purposeTrial")
            case .confirm: try words("purposeConfirm")
            }
        var row: View = [
            "number": numbers.integer(number), "users": numbers.integer(judged.step.users), "purpose": purpose,
            "outcome": try words(judged.outcome.rawValue),
            "rate": judged.summary.map { numbers.short($0.all.rate) } ?? "–",
            "p50": milliseconds(judged.summary?.all.succeeded.p50),
            "p95": milliseconds(judged.summary?.all.succeeded.p95),
            "errors": percent(judged.summary?.all.errorRate),
            "breach": try judged.breach.map { Markdown.cell(try breach($0)) } ?? "–",
            "origin": source(study, "steps[\(number - 1)]"),
        ]
        if let speed = study.speed {
            row["speed"] = percent(speed.relative(over: judged.plateau))
        }
        return row
    }

    private func remarks(_ answer: LimitAnswer) throws -> [String] {
        var lines: [String] = []
        if case .interval(let passed, let failed) = answer.verdict {
            lines.append(
                try words(
                    "searchInterval", ["passed": numbers.integer(passed), "failed": numbers.integer(failed)]))
        }
        if let width = answer.width {
            lines.append(
                try words(
                    answer.reachedPrecision ? "searchWidth" : "searchWidthNotReached",
                    ["width": numbers.percent(width)]))
        }
        switch answer.verdict {
        case .notMeasured: break
        default: lines.append(try words(answer.confirmed ? "searchConfirmed" : "searchNotConfirmed"))
        }
        if !answer.contradictions.isEmpty {
            let users = answer.contradictions.map(numbers.integer).joined(separator: ", ")
            lines.append(try words("searchContradicted", ["users": users]))
        }
        if let users = answer.killedBy { lines.append(try words("searchKilled", ["users": numbers.integer(users)])) }
        return lines
    }

    /// The limit as an estimate, and that of each criterion alone where there are several.
    private func estimates(_ answer: LimitAnswer, _ study: Study) throws -> [String] {
        guard let estimate = answer.estimate else { return [] }
        var values = bounds(of: estimate)
        values["spread"] = numbers.percent(estimate.spread)
        var lines = [try words("searchEstimate", values)]
        if let common = answer.atCommonSpeed { lines.append(try words("searchCommonSpeed", bounds(of: common))) }
        guard study.criteria.count > 1, study.criteria.count == answer.criteria.count else { return lines }
        let most = study.steps.compactMap(\.trial?.users).max() ?? 0
        for (criterion, estimate) in zip(study.criteria, answer.criteria) {
            var values = estimate.map { bounds(of: $0) } ?? ["most": numbers.integer(most)]
            values["limit"] = criterion.text
            lines.append(try words(estimate == nil ? "searchCriterionBeyond" : "searchCriterion", values))
        }
        return lines
    }

    /// The fewest users at which requests failed at all, whichever criterion was met first.
    func errors(_ study: Study) throws -> [String] {
        let measured = study.steps.compactMap { step in step.summary.map { (step, $0.all) } }
        guard !measured.isEmpty else { return [] }
        guard
            let (step, all) = measured.filter({ $0.1.failed.count > 0 }).min(by: { $0.0.step.users < $1.0.step.users })
        else { return [try words("searchNoErrors")] }
        let kind = try all.failures.first.map { try name(of: $0.kind) }
        return [
            try words(
                "searchErrors",
                [
                    "users": numbers.integer(step.step.users), "errors": percent(all.errorRate),
                    "kind": kind ?? "–",
                ])
        ]
    }

    /// Steps during which the data set grew much.
    private func growth(_ study: Study) throws -> [String] {
        let grown = study.steps.enumerated().compactMap { index, judged in
            judged.step.muchGrowth.map { (number: index + 1, growth: $0) }
        }
        guard let most = grown.max(by: { $0.growth < $1.growth }) else { return [] }
        return [
            try words(
                "searchDataGrew",
                [
                    "steps": grown.map { numbers.integer($0.number) }.joined(separator: ", "),
                    "growth": numbers.percent(most.growth), "number": numbers.integer(most.number),
                ])
        ]
    }

    private func userCharts(_ study: Study) -> [LineChart] {
        let steps = study.steps.filter { $0.summary != nil }.sorted { $0.step.users < $1.step.users }
        guard let first = steps.first, let last = steps.last, first.step.users < last.step.users else { return [] }
        func points(_ value: (PlateauSummary) -> Double?) -> [LineChart.Point] {
            steps.map { LineChart.Point(x: Double($0.step.users), y: $0.summary.flatMap(value)) }
        }
        let ratio = Double(last.step.users) / Double(max(1, first.step.users))
        var latency = chart(
            "chartLatencyOverUsers", unit: "ms", x: "chartUsers",
            [
                ("p50", points { $0.all.succeeded.p50.map { $0 * 1000 } }),
                ("p95", points { $0.all.succeeded.p95.map { $0 * 1000 } }),
            ])
        let limits = study.steps.compactMap(\.breach?.criterion).filter { $0.metric == .p95 }
        if let limit = limits.first ?? study.criteria.first(where: { $0.metric == .p95 }) {
            latency.mark = (limit.threshold * 1000, limit.text)
        }
        latency.yScale = .logarithmic
        let rate = chart(
            "chartRateOverUsers", unit: "1/s", x: "chartUsers",
            [
                (text("chartRequests"), points { $0.all.rate }),
                (text("chartFailures"), points { Double($0.all.failed.count) / Double($0.seconds) }),
            ])
        return [latency, rate].map { drawn in
            var drawn = drawn
            drawn.ticks = steps.map { Double($0.step.users) }
            if ratio > 10 {
                drawn.xScale = .logarithmic
                drawn.xLabel = text("chartUsersLogarithmic")
            }
            return drawn
        }
    }
}
