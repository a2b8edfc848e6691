import Analysis
import Experiments
import Model

/// The criteria of `run --fail-if`: what the faults of its experiments must not cost.
struct FaultGates: Sendable {
    let criteria: [FaultCriterion]

    /// - Throws: `Problem` of usage.
    init(_ texts: [String]) throws {
        criteria = try texts.map { text in
            do {
                if let criterion = try Notation.faultCriterion(text) { return criterion }
            } catch let problem as Problem {
                throw Problem(problem.kind, "--fail-if: \(problem.message)", nextStep: problem.nextStep)
            }
            throw Problem(
                .usage, "--fail-if: \"\(text)\" is not about faults",
                nextStep:
                    "Write lost > 10 or recovery > 5s; what answers must keep stands under limits: in the experiment.")
        }
    }

    func verdicts(on run: RecordedRun) -> [FaultVerdict] {
        guard !criteria.isEmpty else { return [] }
        let faults = run.experiments.flatMap { recorded in
            recorded.allMeasurements.flatMap { $0.faultBills(of: recorded.experiment)?.faults ?? [] }
        }
        return criteria.map { FaultVerdict($0, over: faults) }
    }
}

extension FaultVerdict {
    package var isMeasured: Bool {
        if case .notMeasured = outcome { false } else { true }
    }

    package var isMet: Bool {
        if case .met = outcome { true } else { false }
    }

    /// In the terminal.
    package var words: String {
        switch outcome {
        case .held(let worst): "not met, at most \(shown(worst))"
        case .met(let value): "met, \(shown(value))"
        case .notMeasured(.noFault): "not measured: no fault was made"
        case .notMeasured(.notDone): "not measured: a fault could not be made, or not be ended"
        case .notMeasured(.notOver): "not measured: the load ended, or the next fault came, before all was well again"
        }
    }

    private func shown(_ value: Double) -> String {
        switch criterion.cost {
        case .lost: "\(Int(value)) requests"
        case .recovery: "\((value * 10).rounded() / 10) s"
        }
    }
}
