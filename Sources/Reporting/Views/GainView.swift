import Analysis
import Model

/// Which change helped most, where experiments were measured one change after the other.
extension Writer {
    /// An experiment beside the one right before it, which it says to be compared with.
    private struct Change {
        var experiment: String
        var other: String
        var effect: Effect
        var experiments: [Int]
    }

    /// - Parameter searched: indices of the experiments that searched for a limit, in their order.
    /// - Returns: nil where fewer than two changes were measured, or none of them made anything better.
    func gains(among searched: [Int]) throws -> String? {
        let changes = zip(searched, searched.dropFirst()).compactMap { before, after -> Change? in
            let experiment = run.experiments[after].experiment
            let found = comparisons(of: experiment, at: after).first { $0.experiments == [before, after] }
            guard let found, case .effect(let effect, _) = found.finding else { return nil }
            return Change(
                experiment: experiment.name, other: found.other, effect: effect, experiments: found.experiments)
        }
        let better = changes.filter { $0.effect.verdict == .better }
            .sorted { $0.effect.estimate > $1.effect.estimate }
        guard changes.count > 1, let most = better.first else { return nil }
        var values = ["experiment": Markdown.code(most.experiment), "other": Markdown.code(most.other)]
        if let next = better.dropFirst().first {
            values["next"] = Markdown.code(next.experiment)
            values["nextOther"] = Markdown.code(next.other)
            let overlap = (most.effect.lower ?? 0) <= (next.effect.upper ?? .infinity)
            if overlap { values["overlap"] = "" }
        }
        let measured = Set(changes.flatMap(\.experiments)).sorted()
        return try words("gainMost", values) + " " + sources(ofMeasurements: measured)
    }
}
