import Foundation
package import Model

extension RecordedMeasurement {
    /// What the measurement can be compared by, in the order in which it is shown.
    ///
    /// - Of a search: the users that it found, and the most answers per second of any step.
    /// - Of a ramp or a rate: latency, answers per second and error rate of each plateau.
    package func figures(of experiment: Experiment, host: Model.Host) -> [(quantity: Quantity, figure: Figure)] {
        let variant = measurement.variant
        let steps = judgedSteps(of: experiment)
        guard case .findLimit(let plan) = experiment.load.shape else {
            return steps.enumerated().flatMap { index, step in
                let occurrence = steps[..<index].count { $0.step.level == step.step.level }
                return plateauFigures(step, experiment.load, host).map { kind, figure in
                    (Quantity(kind, level: step.step.level, occurrence: occurrence, variant: variant), figure)
                }
            }
        }
        let answer = LimitAnswer(steps: steps, plan: plan, generator: measurement.generator)
        let best = steps.filter { $0.summary != nil }.max { ($0.summary?.answered ?? 0) < ($1.summary?.answered ?? 0) }
        var limit = answer.figure
        limit?.allowance = RunSpread.ofCapacity(
            others: othersShare(of: steps.map(\.step), host),
            at: answer.estimate == nil
                ? RunSpread.limit : RunSpread.ofEstimate(speeds: steps.compactMap(\.trial?.speed)))
        var most = best.flatMap { PlateauFigures(plateau(of: $0.step)).figures([.throughput])[.throughput] }
        most?.allowance = RunSpread.ofCapacity(others: othersShare(of: best.map { [$0.step] } ?? [], host))
        return [(Quantity(.limit, variant: variant), limit), (Quantity(.throughput, variant: variant), most)]
            .compactMap { quantity, figure in figure.map { (quantity, $0) } }
    }

    /// Of the machine, by programs that do not belong to the experiment, over the plateaus of some steps; 0 when not known.
    package func othersShare(of steps: [LoadStep], _ host: Model.Host) -> Share {
        let shares = steps.compactMap { step -> Share? in
            let usage = Saturation(measurement, seconds: step.plateau, host: host)
            guard !usage.restHoldsTarget else { return nil }
            return usage.rest.map { $0 / Double(max(1, host.cores)) }
        }
        return shares.isEmpty ? 0 : shares.reduce(0, +) / Double(shares.count)
    }

    private func plateauFigures(
        _ step: JudgedStep, _ load: LoadDefinition, _ host: Model.Host
    ) -> [(Quantity.Kind, Figure)] {
        let kinds: [Quantity.Kind] = [.p50, .mean, .p95, .throughput, .errorRate]
        let plateau = PlateauFigures(plateau(of: step.step))
        let figures = plateau.figures(kinds)
        let use = Saturation(measurement, seconds: step.step.plateau, host: host).parts.compactMap(\.share).max()
        let cycle = !load.shape.isOpen ? step.summary?.all.meanLatency.map { $0 + load.thinkTime.mean } : nil
        let capacity = RunSpread.ofCapacity(others: othersShare(of: [step.step], host))
        return kinds.compactMap { kind in
            guard var figure = figures[kind] else { return nil }
            figure.allowance =
                switch kind {
                case .mean, .p50, .p95:
                    max(
                        RunSpread.ofLatency(figure.value, cycle: cycle, use: use, capacity: capacity),
                        plateau.sway(of: kind, share: capacity))
                case .errorRate: RunSpread.errorRate + (capacity - RunSpread.capacity)
                case .limit, .throughput, .cpu, .cpuPerRequest: capacity
                }
            return (kind, figure)
        }
    }
}

extension PlateauSummary {
    /// Answers without a fault per second.
    var answered: Double { Double(all.answered) / Double(seconds) }
}

extension LimitAnswer {
    /// The limit as one number: the estimate, or else the middle of the answer on a scale of logarithms, where nothing says at
    /// which place in the answer it lies. nil when nothing was measured.
    package var figure: Figure? {
        if let estimate, let deviation = estimate.deviation, !generatorLimited {
            return Figure(estimate.users, variance: deviation * deviation, bound: .exact)
        }
        switch verdict {
        case .interval(let passed, let failed):
            let width = log(Double(failed) / Double(passed))
            let middle = (Double(passed) * Double(failed)).squareRoot()
            // The variance of a uniform distribution over the answer.
            return Figure(
                generatorLimited ? Double(passed) : middle, variance: width * width / 12,
                bound: generatorLimited ? .atLeast : .exact)
        case .neverFailed(let users): return Figure(Double(users), variance: 0, bound: .atLeast)
        case .failsAtOneUser: return Figure(1, variance: 0, bound: .atMost)
        case .failsFrom(let users): return Figure(Double(users), variance: 0, bound: .atMost)
        case .notMeasured: return nil
        }
    }
}
