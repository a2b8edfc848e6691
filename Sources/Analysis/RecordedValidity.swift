import Model

extension RecordedMeasurement {
    /// Whether a step's plateau shows the application, judged anew from its samples. Where they do not say how the generator
    /// did, as the run noted it.
    /// - Parameters:
    ///   - step: with the rate of an open load in its place.
    ///   - index: its place among the steps.
    ///   - passed: as its samples say.
    ///   - undecided: criteria that it has too few requests for.
    func validity(
        of step: LoadStep, at index: Int, passed: Bool, undecided: [CriterionResult], load: LoadDefinition,
        criteria: [Criterion]
    ) -> Validity? {
        // A load of so many requests has no plateau.
        guard load.requests == nil else { return nil }
        let judge = ValidityJudge(load: load, criteria: criteria)
        // A step that fails ends before anybody asks whether it is steady.
        let isSteady = !passed || isSteady(step, at: index, load: load)
        let doubted = step.purpose.isResult ? undecided : []
        return judge.validity(
            users: step.users, samples: plateau(of: step), isSteady: isSteady, undecided: doubted) ?? step.validity
    }

    /// As the run decides it at the end of a plateau that passed: from what followed the ramp, warm-up included. The short
    /// plateaus of a search only show the way.
    private func isSteady(_ step: LoadStep, at index: Int, load: LoadDefinition) -> Bool {
        if step.purpose == .trial { return !SteadyState.drifts(plateau(of: step)) }
        guard step.purpose.isResult || step.plateau.count >= fewestSecondsToTell else { return true }
        let held = samples.filter { (rampEnded(step, at: index, load: load)..<step.plateauEnded).contains($0.second) }
        return SteadyState.warmUp(of: held) != nil || !SteadyState.drifts(held)
    }

    /// The first second after a step's ramp: that of a closed load ends with the second in which all users are there.
    private func rampEnded(_ step: LoadStep, at index: Int, load: LoadDefinition) -> Int {
        let began = Int(step.rampBegan)
        if case .rate(let stages, _) = load.shape {
            guard stages.indices.contains(index) else { return step.plateauBegan }
            return min(step.plateauBegan, began + Int(stages[index].ramp.rounded(.up)))
        }
        let full = samples.first { $0.second >= began && $0.users == step.users }
        return min(step.plateauBegan, full.map { $0.second + 1 } ?? step.plateauBegan)
    }
}

/// A plateau of fewer seconds shows no trend.
private let fewestSecondsToTell = 8
