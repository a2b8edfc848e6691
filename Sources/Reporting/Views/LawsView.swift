import Analysis
import Model

/// What general laws say of the plateaus: the interactive response time law for each, and the Universal Scalability Law
/// over all.
extension Writer {
    /// - Returns: nil where no law applies.
    func laws(of study: Study, _ experiment: Experiment) throws -> View? {
        let steps = study.steps.sorted { $0.step.users < $1.step.users }
        let rows = try steps.compactMap { step in
            try responseTime(step, experiment)?
                .merging(["origin": source(study, plateauOf: step.step)]) { $1 }
        }
        guard !rows.isEmpty else { return nil }
        var view: View = ["rows": rows]
        guard study.answer != nil else { return view }
        let levels = study.steps.compactMap { judged in
            judged.summary.map {
                UniversalScalability.Level(
                    users: judged.step.users, rate: Double($0.all.answered) / Double($0.seconds))
            }
        }
        let origin = source("\(study.folder)/samples.jsonl")
        if let law = UniversalScalability(levels) {
            if law.describes(thinkTime: experiment.load.thinkTime.mean) {
                view["scalability"] = try scalability(law, origin)
            } else if let bounds = bounds(of: law, steps, experiment.load.thinkTime.mean) {
                view["scalability"] = try scalability(law, bounds, origin)
            }
        } else {
            let count = numbers.integer(Set(levels.map(\.users)).count)
            view["scalability"] = ["line": try words("uslTooFew", ["levels": count])]
        }
        return view
    }

    /// N against X·(R + Z).
    private func responseTime(_ judged: JudgedStep, _ experiment: Experiment) throws -> View? {
        guard !experiment.load.shape.isOpen, let summary = judged.summary,
            let law = LittlesLaw(summary, thinkTime: experiment.load.thinkTime)
        else {
            return nil
        }
        return [
            "users": numbers.integer(law.users), "rate": numbers.short(law.measured),
            "latency": milliseconds(law.latency), "think": numbers.seconds(law.thinkTime),
            "implied": numbers.short(law.measured * (law.latency + law.thinkTime)),
            "difference": numbers.difference(percent: law.difference),
            "outcome": try words(judged.outcome.rawValue),
        ]
    }

    /// What bounds the throughputs where the law does not describe them.
    private func bounds(
        of law: UniversalScalability, _ steps: [JudgedStep], _ think: Seconds
    ) -> ThroughputBounds? {
        guard let idle = steps.lazy.compactMap({ $0.summary?.all.meanLatency }).first else { return nil }
        return ThroughputBounds(
            thinkTime: think, latency: idle, highest: law.levels.map(\.rate).max() ?? 0)
    }

    /// - Parameter source: where its levels come from.
    private func scalability(_ law: UniversalScalability, _ source: String) throws -> View {
        var values = [
            "lambda": numbers.short(law.ideal), "sigma": scientific(law.contention),
            "kappa": scientific(law.coherency), "levels": numbers.integer(law.levels.count),
            "determination": numbers.decimal(law.determination, digits: 3),
        ]
        let most = law.levels.map(\.users).max() ?? 0
        if let peak = law.peak {
            values["users"] = numbers.integer(peak.users)
            values["rate"] = numbers.short(peak.rate)
            if peak.users > 2 * most {
                // So far out the fit has nothing to hold on to.
                values["far"] = numbers.integer(most)
            } else if peak.users > most {
                values["beyond"] = numbers.integer(most)
            }
        } else if let asymptote = law.asymptote {
            values["asymptote"] = numbers.short(asymptote)
        }
        return [
            "line": try words("uslFitted", values) + " " + source,
            "some": try levels(law.levels, "tableFitted", source) { law.rate(users: $0) },
        ]
    }

    private func scalability(
        _ law: UniversalScalability, _ bounds: ThroughputBounds, _ source: String
    ) throws -> View {
        let values = [
            "levels": numbers.integer(law.levels.count), "think": numbers.seconds(bounds.thinkTime),
            "latency": numbers.latency(bounds.latency), "fewest": numbers.integer(law.levels[0].users),
            "highest": numbers.short(bounds.highest), "users": numbers.decimal(bounds.knee, digits: 0),
        ]
        // A curve that follows the levels so badly has no parameters to speak of.
        let curve =
            law.determination < UniversalScalability.leastDetermination
            ? try words("uslBoundsFar")
            : try words(
                "uslBoundsNear",
                [
                    "lambda": numbers.short(law.ideal),
                    "determination": numbers.decimal(law.determination, digits: 3),
                ])
        return [
            "line": try words("uslBounds", values.merging(["curve": curve]) { $1 }) + " " + source,
            "some": try levels(law.levels, "tableBound", source) { bounds.rate(users: $0) },
        ]
    }

    /// - Parameter expected: the throughput at a number of users.
    private func levels(
        _ levels: [UniversalScalability.Level], _ head: String, _ source: String, _ expected: (Int) -> Double
    ) throws -> View {
        [
            "head": try words(head),
            "rows": levels.map { level in
                let residual = level.rate - expected(level.users)
                return [
                    "users": numbers.integer(level.users), "rate": numbers.short(level.rate),
                    "fitted": numbers.short(expected(level.users)),
                    "residual": (residual > 0 ? "+" : "") + numbers.short(residual),
                    "share": numbers.difference(percent: residual / level.rate), "origin": source,
                ] as View
            },
        ]
    }

    /// Three significant digits of a small number, for example `2.31·10⁻⁵`.
    private func scientific(_ value: Double) -> String {
        guard value > 0 else { return numbers.integer(0) }
        var (mantissa, exponent) = (value, 0)
        while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent + 1) }
        guard exponent >= 3 else { return numbers.decimal(value, digits: 4) }
        let raised = String(exponent).compactMap { $0.wholeNumberValue }.map { Array("⁰¹²³⁴⁵⁶⁷⁸⁹")[$0] }
        return "\(numbers.decimal(mantissa, digits: 2))·10⁻\(String(raised))"
    }

    /// What several replicas handle against the experiments with one that it compares with.
    func scaling(of experiment: Experiment, at index: Int) throws -> [View] {
        guard let several = studies[index].first?.answer else { return [] }
        return try experiment.comparesWith.compactMap { name in
            guard let other = run.experiments.firstIndex(where: { $0.experiment.name == name }),
                experiment.stack.isScaled(from: run.experiments[other].experiment.stack),
                let one = studies[other].first?.answer,
                let found = ReplicaScaling(several.verdict, replicas: experiment.stack.replicas, against: one.verdict)
            else { return nil }
            var values = [
                "replicas": numbers.integer(found.replicas), "other": Markdown.code(name),
                "each": numbers.decimal(found.usersPerReplica, digits: 0), "lower": numbers.short(found.lowerSpeedUp),
                "lowerShare": numbers.percent(found.lowerEfficiency),
            ]
            values["upper"] = found.upperSpeedUp.map(numbers.short)
            values["upperShare"] = found.upperEfficiency.map(numbers.percent)
            var line = try words(found.upperSpeedUp == nil ? "scalingAtLeast" : "scalingBetween", values)
            if found.lowerEfficiency > 1 { line += " " + (try words("scalingBeyond")) }
            return ["line": line + " " + sources(ofMeasurements: [other, index])]
        }
    }
}
