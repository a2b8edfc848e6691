package import Model

/// Two runs beside each other: each quantity that both measured, and what else differs between them.
package struct RunComparison: Sendable {
    package struct Row: Sendable {
        /// By A's name.
        package var experiment: String
        /// B's name of it.
        package var other: String
        package var quantity: Quantity
        package var effect: Effect
        package var runs: (a: Int, b: Int)
    }

    package var rows: [Row]
    /// What may explain a difference: definitions, programs, the machine.
    package var differences: [RecordDifference]
    /// Experiments of one run that the other has not, or has not measured.
    package var unmatched: [(run: String, experiment: String)]

    package var differing: [Row] { rows.filter { $0.effect.verdict != .noDifferenceShown } }
    /// What came out: users, answers, latencies, errors.
    package var outcomes: [Row] { rows.filter { !$0.quantity.isResource } }
    /// What the parts used for it.
    package var resources: [Row] { rows.filter(\.quantity.isResource) }
    /// Experiments, by A's name, that were not given the same load or not held against the same limits.
    package var ofOtherLoad: [String] {
        let names = differences.filter { difference in
            ["load.", "limits."].contains { difference.place.hasPrefix($0) } && difference.place != "load.seed"
        }.compactMap(\.experiment)
        return rows.map(\.experiment).reduce(into: []) { list, name in
            if names.contains(name), !list.contains(name) { list.append(name) }
        }
    }
    /// Both are of one run, whose repeats took turns.
    package var inTurns: Bool
    /// How many quantities could differ at all.
    package var family: Int
    /// The spread between runs was measured for every row.
    package var isRepeated: Bool { rows.allSatisfy(\.effect.isRepeated) }

    /// - Parameters:
    ///   - a: what the other is compared with.
    ///   - b: what is compared.
    package init(of b: RecordedRun, against a: RecordedRun) {
        let pairs = Self.pairs(a.experiments, b.experiments)
        let compared = pairs.flatMap { one, other -> [(String, String, Quantity, [Figure], [Figure])] in
            let (first, second) = (
                one.comparedFigures(on: a.manifest.host), other.comparedFigures(on: b.manifest.host)
            )
            return first.quantities.compactMap { quantity in
                guard let a = first.figures[quantity], let b = second.figures[quantity] else { return nil }
                return (one.experiment.name, other.experiment.name, quantity, a, b)
            }
        }
        // What is the same in every run, as an error rate of none, can show no difference whatever the level, and so costs
        // the others none of theirs (R. E. Tarone, Biometrics 46, 1990).
        family = compared.count { Set(($0.3 + $0.4).map(\.value)).count > 1 }
        inTurns = a.manifest.id == b.manifest.id
        rows = compared.compactMap { [family, inTurns] experiment, other, quantity, a, b in
            Effect(quantity, of: b, against: a, family: family, inTurns: inTurns).map {
                Row(experiment: experiment, other: other, quantity: quantity, effect: $0, runs: (a.count, b.count))
            }
        }
        differences = RecordDifference.all(a, b, pairs: pairs)
        let names = Set(rows.map(\.experiment))
        let matched = Set(pairs.filter { names.contains($0.0.experiment.name) }.map { $0.1.experiment.name })
        unmatched =
            a.experiments.map(\.experiment.name).filter { !names.contains($0) }.map { (a.manifest.id, $0) }
            + b.experiments.map(\.experiment.name).filter { !matched.contains($0) }.map { (b.manifest.id, $0) }
    }

    /// By their names; the only one of a run that is left over belongs to the only one of the other.
    private static func pairs(
        _ a: [RecordedExperiment], _ b: [RecordedExperiment]
    ) -> [(RecordedExperiment, RecordedExperiment)] {
        let named = a.compactMap { one in
            b.first { $0.experiment.name == one.experiment.name }.map { (one, $0) }
        }
        let names = Set(named.map(\.0.experiment.name))
        let (restA, restB) = (
            a.filter { !names.contains($0.experiment.name) }, b.filter { !names.contains($0.experiment.name) }
        )
        guard restA.count == 1, restB.count == 1 else { return named }
        return named + [(restA[0], restB[0])]
    }
}

extension RecordedExperiment {
    /// The first time and all repetitions.
    package var allMeasurements: [RecordedMeasurement] { measurements + repetitions.joined() }

    /// The figures of each quantity that came out, one per time that it was measured, and the quantities in the order of the
    /// measurements.
    package func figures(on host: Host) -> (quantities: [Quantity], figures: [Quantity: [Figure]]) {
        collected { $0.figures(of: experiment, host: host) }
    }

    /// What came out, and what was used for it.
    fileprivate func comparedFigures(on host: Host) -> (quantities: [Quantity], figures: [Quantity: [Figure]]) {
        collected { $0.figures(of: experiment, host: host) + $0.resourceFigures(of: experiment, host: host) }
    }

    private func collected(
        _ found: (RecordedMeasurement) -> [(quantity: Quantity, figure: Figure)]
    ) -> (quantities: [Quantity], figures: [Quantity: [Figure]]) {
        var quantities: [Quantity] = []
        var figures: [Quantity: [Figure]] = [:]
        for recorded in allMeasurements where recorded.measurement.outcome == .measured {
            for (quantity, figure) in found(recorded) {
                if figures[quantity] == nil { quantities.append(quantity) }
                figures[quantity, default: []].append(figure)
            }
        }
        return (quantities, figures)
    }
}
