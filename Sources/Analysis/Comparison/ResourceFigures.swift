import Foundation
import Model

extension RecordedMeasurement {
    /// The CPU that each part of the stack used, and per request: of a search at both bounds of its answer together, or,
    /// where its own quota stopped the part, at all users with whom it did; else of each plateau.
    ///
    /// What is used is steadier than what comes out of it: by the utilization law (P. J. Denning, J. P. Buzen, ACM
    /// Computing Surveys 10(3), 1978) use is the product of requests per second and CPU time per request, and where a part
    /// is stopped by its limit all along, the product is the limit, while both factors drift with the machine.
    func resourceFigures(of experiment: Experiment, host: Model.Host) -> [(quantity: Quantity, figure: Figure)] {
        let variant = measurement.variant
        guard case .findLimit(let plan) = experiment.load.shape else {
            return measurement.steps.enumerated().flatMap { index, step in
                let occurrence = measurement.steps[..<index].count { $0.level == step.level }
                return resources(of: [step], host).map { kind, part, figure in
                    (
                        Quantity(kind, level: step.level, occurrence: occurrence, variant: variant, part: part),
                        figure
                    )
                }
            }
        }
        let answer = LimitAnswer(
            steps: judgedSteps(of: experiment), plan: plan, generator: measurement.generator)
        let bounds = [answer.passing, answer.failing].compactMap { $0?.step.users }
        return resources(
            of: measurement.steps.filter { bounds.contains($0.users) }, orHeldIn: measurement.steps, host
        ).map { (Quantity($0, variant: variant, part: $1), $2) }
    }

    /// - Parameter all: the use of a part is taken over those of them in which its limit held it, where there are any.
    private func resources(
        of steps: [LoadStep], orHeldIn all: [LoadStep] = [], _ host: Model.Host
    ) -> [(Quantity.Kind, String, Figure)] {
        let requests = steps.flatMap { plateau(of: $0) }.map { second in
            Double(second.tasks.reduce(0) { $0 + $1.succeeded.count + $1.failed.count })
        }
        let asked = MeanOfSeconds(requests)
        let others = othersShare(of: steps, host)
        return parts.flatMap { name, components -> [(Quantity.Kind, String, Figure)] in
            // Less than a hundredth of a core is mostly the rounding of the kernel's clock.
            guard let cores = MeanOfSeconds(used(by: components, in: steps)), cores.mean >= 0.01 else { return [] }
            let quota = quota(of: components, in: steps, cores: cores.mean)
            let held = heldUse(of: components, in: all.isEmpty ? steps : all)
            let taken = held?.cores ?? cores
            let limit = held?.quota ?? quota
            let figure = Figure(
                taken.mean, variance: taken.variance, freedom: taken.freedom,
                allowance: RunSpread.ofUse(
                    taken.mean, quota: limit, others: held.map { othersShare(of: $0.steps, host) } ?? others),
                quota: limit)
            guard let asked, asked.mean > 0 else { return [(.cpu, name, figure)] }
            let each = Figure(
                cores.mean / asked.mean, variance: cores.variance + asked.variance,
                freedom: min(cores.freedom, asked.freedom),
                allowance: RunSpread.ofCapacity(others: others, at: RunSpread.use), quota: quota)
            return [(.cpu, name, figure), (.cpuPerRequest, name, each)]
        }
    }

    /// Cores that some components used together, a reading a second.
    private func used(by components: [Component], in steps: [LoadStep]) -> [Double] {
        measurement.usage.compactMap { reading in
            guard steps.contains(where: { Signal.isReading(at: reading.time, of: $0.plateau) }) else { return nil }
            let cores = components.compactMap { reading.cores[$0.name] }
            return cores.count == components.count ? cores.reduce(0, +) : nil
        }
    }

    /// Over those of some steps in which their limits stopped the components in nearly all periods; nil where in none.
    private func heldUse(
        of components: [Component], in steps: [LoadStep]
    ) -> (cores: MeanOfSeconds, quota: Figure.Quota, steps: [LoadStep])? {
        let held = steps.filter { step in
            let used = used(by: components, in: [step])
            guard !used.isEmpty else { return false }
            let mean = used.reduce(0, +) / Double(used.count)
            return quota(of: components, in: [step], cores: mean)?.isHeld == true
        }
        guard let cores = MeanOfSeconds(used(by: components, in: held), prior: RunSpread.heldSecond),
            let quota = quota(of: components, in: held, cores: cores.mean)
        else { return nil }
        return (cores, quota, held)
    }

    /// All that work for the requests: the components by name, the replicas together by that of their service.
    private var parts: [(name: String, components: [Component])] {
        let working = measurement.components.filter { $0.role != .prometheus }
        let replicas = working.filter { $0.role == .store }
        // `web` of `web-1`.
        let service = replicas.first.map { String($0.name[..<($0.name.lastIndex(of: "-") ?? $0.name.endIndex)]) }
        return (service.map { [($0, replicas)] } ?? [])
            + working.filter { $0.role != .store }.map { ($0.name, [$0]) }
    }

    /// Where the record does not say how often a part was stopped, one that used nearly all it was given counts as held.
    private func quota(of components: [Component], in steps: [LoadStep], cores: Double) -> Figure.Quota? {
        let limits = components.compactMap { $0.cpuLimit?.enforced == true ? $0.cpuLimit?.cores : nil }
        guard limits.count == components.count, !limits.isEmpty else { return nil }
        let given = limits.reduce(0, +)
        let stopped = components.map { component in
            let series = measurement.signals?.series.first {
                $0.kind == .throttled && $0.component == component.name
            }
            let values = zip(measurement.signals?.times ?? [], series?.values ?? []).compactMap { time, value in
                steps.contains { Signal.isReading(at: time, of: $0.plateau) } ? value : nil
            }
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        let share = stopped.map { $0 ?? (cores >= 0.95 * given ? 1 : 0) }.min() ?? 0
        return Figure.Quota(cores: given, stopped: share)
    }
}
