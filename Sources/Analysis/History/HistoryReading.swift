import Model

/// What histories follow.
package enum HistoryQuantity: String, Sendable, CaseIterable {
    /// Users up to which the application answers correctly; of searches only.
    case limit
    /// Answers without a fault per second: the most of any step of a search, or those of the last plateau.
    case throughput
    /// Of successes: in the worst step that passed a search at the most users that passed (`LimitAnswer.worstPassing`), or on
    /// the last plateau. In seconds.
    case p95

    package var moreIsBetter: Bool { self != .p95 }
}

/// One quantity of one run.
package struct HistoryValue: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case exact, atLeast, atMost
        /// Its plateau is INCONCLUSIVE, or shows the generator.
        case doubtful
    }

    package var number: Double
    package var kind: Kind

    /// Whether statistics may take it as a number.
    package var counts: Bool { kind == .exact && number.isFinite }
}

/// What one run says of one variant of an experiment.
package struct HistoryReading: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case measured, interrupted
        case failed(reason: String)
        /// The run did not come so far, or nothing of it was recorded.
        case notBegun
    }

    package var state: State
    /// Empty where nothing was measured to its end.
    package var values: [HistoryQuantity: HistoryValue]

    /// - Parameter measured: every time that the run measured it. Their mean counts where each of them is a number.
    init(_ measured: [RecordedMeasurement], of experiment: Experiment) {
        state = measured.isEmpty ? .notBegun : .measured
        for one in measured {
            switch one.measurement.outcome {
            case .measured: continue
            case .interrupted: state = .interrupted
            case .failed(_, let reason): state = .failed(reason: reason)
            }
            break
        }
        let all = measured.filter { $0.measurement.outcome == .measured }.map { $0.historyValues(of: experiment) }
        values = HistoryQuantity.allCases.reduce(into: [:]) { values, quantity in
            let found = all.compactMap { $0[quantity] }
            guard let first = found.first else { return }
            values[quantity] =
                found.first { !$0.counts }
                ?? HistoryValue(number: found.reduce(0) { $0 + $1.number } / Double(found.count), kind: first.kind)
        }
    }
}

extension RecordedMeasurement {
    fileprivate func historyValues(of experiment: Experiment) -> [HistoryQuantity: HistoryValue] {
        let steps = judgedSteps(of: experiment)
        var values: [HistoryQuantity: HistoryValue] = [:]
        guard case .findLimit(let plan) = experiment.load.shape else {
            values[.throughput] = steps.last?.throughput
            values[.p95] = steps.last?.p95
            return values
        }
        let answer = LimitAnswer(steps: steps, plan: plan, generator: measurement.generator)
        values[.limit] = answer.historyValue
        values[.throughput] = steps.max { $0.answered < $1.answered }?.throughput
        values[.p95] = answer.worstPassing?.p95
        return values
    }
}

extension LimitAnswer {
    fileprivate var historyValue: HistoryValue? {
        guard let figure else { return nil }
        let bounds = [passing, failing].compactMap(\.self)
        let kind: HistoryValue.Kind =
            switch figure.bound {
            case .atLeast: .atLeast
            case .atMost: .atMost
            case .exact: bounds.contains { $0.validity?.verdict == .inconclusive } ? .doubtful : .exact
            }
        return HistoryValue(number: figure.value, kind: kind)
    }
}

extension JudgedStep {
    fileprivate var answered: Double { summary?.answered ?? 0 }

    fileprivate var throughput: HistoryValue? {
        guard let summary else { return nil }
        let kind: HistoryValue.Kind =
            switch validity?.verdict {
            case .generatorLimited: .atLeast
            case .inconclusive: .doubtful
            case .valid, nil: .exact
            }
        return HistoryValue(number: summary.answered, kind: kind)
    }

    fileprivate var p95: HistoryValue? {
        guard let value = summary?.all.succeeded.p95 else { return nil }
        return HistoryValue(number: value, kind: validity.map { $0.verdict == .valid } ?? true ? .exact : .doubtful)
    }
}
