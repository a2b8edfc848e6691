package import Model

/// A step, decided anew from its samples.
package struct JudgedStep: Sendable, Equatable {
    package var step: LoadStep
    /// nil when its plateau has no samples.
    package var summary: PlateauSummary?
    /// nil when no criterion was met.
    package var breach: CriterionBreach?
    /// Criteria that the plateau has too few requests for. A step that an answer rests on has not passed then.
    package var undecided: [CriterionResult] = []
    /// How each criterion came out, in their order; empty where the plateau has no samples.
    package var results: [CriterionResult] = []
    package var passed: Bool
    /// What a search's estimate takes from it; nil where it is no trial.
    package var trial: LimitTrial?
    /// Whether the plateau shows the application; nil where the record does not say how the generator did.
    package var validity: Validity?
    /// An agent's part of its load is missing: neither outcome says anything of the whole load.
    package var isReduced = false
}

extension JudgedStep {
    package enum Outcome: String, Sendable {
        case passed, failed, undecided
    }

    /// A step with too few requests for a criterion is undecided where none was met and an answer rests on it.
    package var outcome: Outcome {
        passed ? .passed : isReduced || (breach == nil && !undecided.isEmpty) ? .undecided : .failed
    }

    /// Whether an error rate broke by what the application answered or refused. A generator without room is late and asks
    /// for less than it should; it makes nobody answer with an error.
    package var isBrokenByAnswers: Bool {
        guard let breach, breach.criterion.metric == .errorRate, let failures = summary?.all.failures else {
            return false
        }
        let (all, answered) = failures.reduce(into: (0, 0)) { sums, failure in
            sums.0 += failure.count
            switch failure.kind {
            case .status, .check, .malformed, .redirect, .refused, .reset, .tls, .stream:
                sums.1 += failure.count
            case .timeout, .connect, .exhausted: break
            }
        }
        return 2 * answered > all
    }
}

extension RecordedMeasurement {
    /// All steps in the order in which they ran. A step without samples is left as the run decided it.
    package func judgedSteps(of experiment: Experiment) -> [JudgedStep] {
        judgedSteps(load: experiment.load, criteria: experiment.criteria)
    }

    package func judgedSteps(load: LoadDefinition, criteria: [Criterion]) -> [JudgedStep] {
        let names = load.tasks.map(\.name)
        let speed = MachineSpeed(measurement.signals, reference: MachineSpeed.common)
        return measurement.steps.enumerated().map { index, recorded in
            let step = recorded.atRate(of: load.shape, stage: index)
            let plateau = plateau(of: step)
            let results = judge(criteria, on: plateau, taskNames: names)
            let breach = results.compactMap(\.breach).earliest
            let undecided = results.filter(\.isUndecided)
            let isReduced = !plateau.lostAgents.isEmpty
            let passed =
                plateau.isEmpty
                ? step.passed
                : breach == nil && !isReduced && (undecided.isEmpty || !step.purpose.isResult)
            return JudgedStep(
                step: step,
                summary: PlateauSummary(users: step.users, samples: plateau, taskNames: names),
                breach: breach, undecided: undecided, results: results, passed: passed,
                trial: step.purpose == .trial && !isReduced
                    ? LimitTrial(users: step.users, results: results, speed: speed?.relative(over: step.plateau)) : nil,
                validity: validity(
                    of: step, at: index, passed: passed, undecided: undecided, load: load, criteria: criteria),
                isReduced: isReduced)
        }
    }
}

extension LoadStep {
    /// Records of older versions hold the rate of an open load's stage as if it were users.
    fileprivate func atRate(of shape: LoadShape, stage: Int) -> LoadStep {
        guard case .rate(let stages, _) = shape else { return self }
        var step = self
        step.rate = rate ?? (stages.indices.contains(stage) ? stages[stage].perSecond : Double(users))
        step.users = 0
        return step
    }
}
