import Analysis
import Model

/// This experiment's answer beside those of earlier ones.
extension Writer {
    func comparisons(of experiment: Experiment, at index: Int) throws -> [View] {
        try experiment.comparesWith.flatMap { name -> [View] in
            let code = Markdown.code(name)
            guard let other = run.experiments.firstIndex(where: { $0.experiment.name == name }) else {
                return [["line": try words("comparedMissing", ["other": code])]]
            }
            guard let a = studies[other].first?.answer else {
                return [["line": try words("comparedNotSearched", ["other": code])]]
            }
            return try studies[index].compactMap { study in
                guard let b = study.answer else {
                    return ["line": try words("comparedNotSearched", ["other": code])]
                }
                return try comparison(b, a, other: code)
            }
        }
    }

    private func comparison(_ b: LimitAnswer, _ a: LimitAnswer, other: String) throws -> View {
        let found = AnswerComparison(b.verdict, against: a.verdict)
        var values = ["other": other, "lower": numbers.short(found.lower)]
        values["upper"] = found.upper.map(numbers.short)
        values["this"] = try bounds(b.verdict)
        values["that"] = try bounds(a.verdict)
        let name =
            switch found.verdict {
            case .better: "comparedBetter"
            case .worse: "comparedWorse"
            case .noDifferenceShown: "comparedSame"
            case .notComparable: "comparedNotMeasured"
            }
        let factor =
            switch (found.lower > 0, found.upper != nil) {
            case (true, true): "factorBetween"
            case (true, false): "factorAtLeast"
            case (false, true): "factorAtMost"
            case (false, false): "factorUnknown"
            }
        values["factor"] = try words(factor, values)
        let limited = a.generatorLimited || b.generatorLimited
        var line = try words(name, values)
        if limited, found.verdict != .notComparable { line += " " + (try words("comparedGenerator")) }
        return ["line": line, "short": try words(name + "Short", values)]
    }

    private func bounds(_ verdict: LimitAnswer.Verdict) throws -> String {
        switch verdict {
        case .interval(let passed, let failed): "[\(numbers.integer(passed)), \(numbers.integer(failed))]"
        case .neverFailed(let users): "≥ \(numbers.integer(users))"
        case .failsAtOneUser: "< 1"
        case .failsFrom(let users): "< \(numbers.integer(users))"
        case .notMeasured: try words("notMeasured")
        }
    }
}
