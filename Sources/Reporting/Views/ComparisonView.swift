import Analysis
import Model

/// What the comparison of an experiment's limit with another's says, without words.
struct LimitComparison {
    enum Finding {
        /// The other is not in this run.
        case missing
        /// One of the two did not search for a limit.
        case notSearched
        /// One of the two limits was not measured.
        case notMeasured
        /// - Parameter runs: of both together.
        case effect(Effect, runs: Int)
    }

    /// The other experiment.
    var other: String
    var finding: Finding
    /// Indices of both, where both are in the run.
    var experiments: [Int]
}

/// This experiment's answer beside those of earlier ones.
extension Writer {
    func comparisons(of experiment: Experiment, at index: Int) -> [LimitComparison] {
        experiment.comparesWith.map { name in
            guard let other = run.experiments.firstIndex(where: { $0.experiment.name == name }) else {
                return LimitComparison(other: name, finding: .missing, experiments: [])
            }
            return LimitComparison(other: name, finding: compared(index, with: other), experiments: [other, index])
        }
    }

    private func compared(_ index: Int, with other: Int) -> LimitComparison.Finding {
        guard let a = limitFigures(at: other), let b = limitFigures(at: index) else { return .notSearched }
        let family = run.experiments.reduce(0) { $0 + $1.experiment.comparesWith.count }
        guard let effect = Effect(Quantity(.limit), of: b, against: a, family: family, inTurns: true) else {
            return .notMeasured
        }
        return .effect(effect, runs: a.count + b.count)
    }

    /// The limits that an experiment found, one per time that it was measured; nil where none was searched for.
    private func limitFigures(at index: Int) -> [Figure]? {
        let answers = (studies[index] + repetitions[index].joined()).compactMap(\.answer)
        return answers.isEmpty ? nil : answers.compactMap(\.figure)
    }

    /// In full, with its source.
    func line(_ comparison: LimitComparison) throws -> String {
        let values = ["other": Markdown.code(comparison.other)]
        switch comparison.finding {
        case .missing: return try words("comparedMissing", values)
        case .notSearched: return try words("comparedNotSearched", values)
        case .notMeasured: return try words("comparedNotMeasured", values)
        case .effect(let effect, let runs):
            return try [
                words(name(of: effect), values.merging(["factor": factor(effect)]) { $1 }),
                words(effect.isRepeated ? "comparedRepeated" : "comparedSingle", ["runs": "\(runs)"]),
                sources(ofMeasurements: comparison.experiments),
            ].joined(separator: " ")
        }
    }

    /// Beside an answer; nil where there is nothing to say there.
    func short(_ comparison: LimitComparison) throws -> String? {
        let values = ["other": Markdown.code(comparison.other)]
        switch comparison.finding {
        case .missing, .notSearched: return nil
        case .notMeasured: return try words("comparedNotMeasuredShort", values)
        case .effect(let effect, _):
            return try words(name(of: effect) + "Short", values.merging(["factor": factor(effect)]) { $1 })
        }
    }

    private func name(of effect: Effect) -> String {
        switch effect.verdict {
        case .better, .more: "comparedBetter"
        case .worse, .less: "comparedWorse"
        case .noDifferenceShown: "comparedSame"
        }
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
