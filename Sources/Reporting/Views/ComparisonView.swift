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
            guard let a = limitFigures(at: other) else {
                return [["line": try words("comparedNotSearched", ["other": code])]]
            }
            guard let b = limitFigures(at: index) else {
                return [["line": try words("comparedNotSearched", ["other": code])]]
            }
            return [try comparison(b, a, other: code, sources(ofMeasurements: [other, index]))]
        }
    }

    /// The limits that an experiment found, one per time that it was measured; nil where none was searched for.
    private func limitFigures(at index: Int) -> [Figure]? {
        let answers = (studies[index] + repetitions[index].joined()).compactMap(\.answer)
        return answers.isEmpty ? nil : answers.compactMap(\.figure)
    }

    private func comparison(_ b: [Figure], _ a: [Figure], other: String, _ source: String) throws -> View {
        let family = run.experiments.reduce(0) { $0 + $1.experiment.comparesWith.count }
        guard let effect = Effect(Quantity(.limit), of: b, against: a, family: family, inTurns: true) else {
            let values = ["other": other]
            return [
                "line": try words("comparedNotMeasured", values),
                "short": try words("comparedNotMeasuredShort", values),
            ]
        }
        let name =
            switch effect.verdict {
            case .better, .more: "comparedBetter"
            case .worse, .less: "comparedWorse"
            case .noDifferenceShown: "comparedSame"
            }
        let values = ["other": other, "factor": try factor(effect)]
        var line = try words(name, values)
        line +=
            " "
            + (try words(effect.isRepeated ? "comparedRepeated" : "comparedSingle", ["runs": "\(a.count + b.count)"]))
        return ["line": line + " " + source, "short": try words(name + "Short", values), "origin": source]
    }

    /// The effect with its interval, as far as it is bounded.
    private func factor(_ effect: Effect) throws -> String {
        var values = ["estimate": numbers.short(effect.estimate)]
        values["lower"] = effect.lower.map(numbers.short)
        values["upper"] = effect.upper.map(numbers.short)
        let name =
            switch (effect.lower != nil, effect.upper != nil) {
            case (true, true): "factorBetween"
            case (true, false): "factorAtLeast"
            case (false, true): "factorAtMost"
            case (false, false): "factorUnknown"
            }
        return try words(name, values)
    }
}
