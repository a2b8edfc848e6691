import Foundation
import Model

extension RecordedMeasurement {
    /// The CPU that each part of the stack used, and per request: of a search at both bounds of its answer together, else
    /// of each plateau.
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
        return resources(of: measurement.steps.filter { bounds.contains($0.users) }, host).map {
            (Quantity($0, variant: variant, part: $1), $2)
        }
    }

    private func resources(of steps: [LoadStep], _ host: Model.Host) -> [(Quantity.Kind, String, Figure)] {
        let stretches = steps.map { $0.plateauBegan..<max($0.plateauBegan, $0.plateauEnded) }
        let readings = measurement.usage.filter { reading in
            stretches.contains { Signal.isReading(at: reading.time, of: $0) }
        }
        let requests = steps.flatMap { plateau(of: $0) }.map { second in
            Double(second.tasks.reduce(0) { $0 + $1.succeeded.count + $1.failed.count })
        }
        let asked = MeanOfSeconds(requests)
        let others = othersShare(of: steps, host)
        return parts.flatMap { name, components -> [(Quantity.Kind, String, Figure)] in
            let used = readings.compactMap { reading -> Double? in
                let cores = components.compactMap { reading.cores[$0.name] }
                return cores.count == components.count ? cores.reduce(0, +) : nil
            }
            // Less than a hundredth of a core is mostly the rounding of the kernel's clock.
            guard let cores = MeanOfSeconds(used), cores.mean >= 0.01 else { return [] }
            let quota = quota(of: components, in: stretches, cores: cores.mean)
            let held = quota.flatMap { $0.isHeld ? cores.mean / $0.cores : nil }
            let use = Figure(
                cores.mean, variance: cores.variance, freedom: cores.freedom,
                allowance: RunSpread.ofUse(held: held, others: others), quota: quota)
            guard let asked, asked.mean > 0 else { return [(.cpu, name, use)] }
            let each = Figure(
                cores.mean / asked.mean, variance: cores.variance + asked.variance,
                freedom: min(cores.freedom, asked.freedom),
                allowance: RunSpread.ofUse(held: nil, others: others), quota: quota)
            return [(.cpu, name, use), (.cpuPerRequest, name, each)]
        }
    }

    /// All that work for the requests: the components by name, the store's replicas together.
    private var parts: [(name: String, components: [Component])] {
        let working = measurement.components.filter { $0.role != .prometheus }
        let store = working.filter { $0.role == .store }
        return (store.isEmpty ? [] : [("store", store)])
            + working.filter { $0.role != .store }.map { ($0.name, [$0]) }
    }

    /// Where the record does not say how often a part was stopped, one that used nearly all it was given counts as held.
    private func quota(of components: [Component], in stretches: [Range<Int>], cores: Double) -> Figure.Quota? {
        let limits = components.compactMap { $0.cpuLimit?.enforced == true ? $0.cpuLimit?.cores : nil }
        guard limits.count == components.count, !limits.isEmpty else { return nil }
        let given = limits.reduce(0, +)
        let stopped = components.map { component in
            let series = measurement.signals?.series.first {
                $0.kind == .throttled && $0.component == component.name
            }
            let values = zip(measurement.signals?.times ?? [], series?.values ?? []).compactMap { time, value in
                stretches.contains { Signal.isReading(at: time, of: $0) } ? value : nil
            }
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        let isHeld = stopped.allSatisfy { $0.map { $0 >= RunSpread.held } ?? (cores >= 0.95 * given) }
        return Figure.Quota(cores: given, isHeld: isHeld)
    }
}

/// The mean of a reading a second, with its standard error by the stationary bootstrap.
struct MeanOfSeconds {
    private static let drawings = 500

    var mean: Double
    /// Squared standard error of the mean's logarithm.
    var variance: Double
    var freedom: Double

    /// - Returns: nil for fewer than three readings, or where all are 0.
    init?(_ values: [Double]) {
        guard values.count >= 3 else { return nil }
        let count = Double(values.count)
        mean = values.reduce(0, +) / count
        guard mean > 0 else { return nil }
        let block = StationaryBootstrap.blockLength(of: values)
        var bootstrap = StationaryBootstrap(count: values.count, meanBlock: block, seed: 42)
        let drawn = (0..<Self.drawings).map { _ in bootstrap.next().reduce(0) { $0 + values[$1] } / count }
        let logs = drawn.filter { $0 > 0 }.map { log($0) }
        let middle = logs.reduce(0, +) / Double(logs.count)
        let blocks = max(2, count / block)
        variance =
            logs.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(max(1, logs.count - 1)) * blocks
            / (blocks - 1)
        freedom = blocks - 1
    }
}
