import Analysis
import Model

/// The balancing policy that was deployed, and what it did.
extension Writer {
    func policy(of study: Study) throws -> View? {
        guard let file = study.measurement.deployed.first(where: { $0.name == "nginx.conf" }) else { return nil }
        guard let policy = study.policy else {
            return [
                "sentence": try words("policyNotFound"),
                "block": Markdown.fenced(
                    Markdown.beginning(of: file.text, characters: 2000, lines: 60), language: "nginx"),
            ]
        }
        return [
            "sentence": try words("policyInForce", ["policy": try doing(policy.policy)]),
            "excerpt": try excerptLine("policyExcerpt", policy, of: study),
            "block": Markdown.fenced(policy.excerpt, language: "nginx"),
        ]
    }

    /// Which lines they are, of the file that was deployed for which measurement.
    private func excerptLine(_ name: String, _ policy: DeployedPolicy, of study: Study) throws -> String {
        let values = [
            "from": numbers.integer(policy.lines.lowerBound), "to": numbers.integer(policy.lines.upperBound),
            "folder": Markdown.code(study.folder),
        ]
        return try words(name, values) + " " + source(study, "deployed nginx.conf")
    }

    /// Share of each replica under each policy, side by side.
    func policyTable(_ studies: [Study], of experiment: Experiment) throws -> View? {
        guard !studies.isEmpty else { return nil }
        let shares = studies.map { $0.measurement.replicaShares() }
        var replicas: Set<String> = []
        for case .value(let list) in shares { replicas.formUnion(list.map(\.replica)) }
        let heads = studies.map { $0.measurement.variant.map { Markdown.code($0) } ?? "–" }
        var rows: [View] = try replicas.sorted(by: isInNaturalOrder).map { replica in
            let cells = try shares.map { measured -> String in
                guard case .value(let list) = measured else { return try words("notMeasured") }
                guard let share = list.first(where: { $0.replica == replica }) else { return "–" }
                return "\(percent(share.share)) (\(numbers.decimal(share.requests, digits: 0)))"
            }
            return [
                "line": tableLine(
                    [Markdown.inline(replica)] + cells,
                    source: source(
                        studies.map {
                            "\($0.folder)/record.json prometheus \($0.measurement.replicaShareAnswers[0])"
                        }.joined(separator: "; ")))
            ]
        }
        let read = tableLine(
            [try words("policyRead")] + (try studies.map(policyName)),
            source: source(studies.map { "\($0.folder)/record.json deployed" }.joined(separator: "; ")))
        rows.insert(["line": read], at: 0)
        let charts: [View] = zip(studies, shares).compactMap { study, measured in
            guard case .value(let list) = measured else { return nil }
            return ["block": block(bars(list, title: study.measurement.variant ?? ""))]
        }
        var view: View = [
            "head": tableLine([try words("tableReplica")] + heads + [try words("tableNote")]),
            "rule": tableLine(["---"] + heads.map { _ in "--:" } + ["--:"]),
            "rows": rows, "charts": charts,
        ]
        if let deployed = inForce(experiment, studies), let excerpt = try policy(of: deployed) {
            view["excerpt"] = try shortened(excerpt, of: deployed)
        }
        return view
    }

    /// Without the file's comments, which the whole excerpt below the folds of the measurement has.
    private func shortened(_ excerpt: View, of study: Study) throws -> View {
        guard let policy = study.policy else { return excerpt }
        let lines = policy.excerpt.split(separator: "\n", omittingEmptySubsequences: false)
        let kept = lines.filter { $0.first { $0 != " " && $0 != "\t" } != "#" }
        guard kept.count < lines.count else { return excerpt }
        var short = excerpt
        short["excerpt"] = try excerptLine("policyExcerptShort", policy, of: study)
        short["block"] = Markdown.fenced(kept.joined(separator: "\n"), language: "nginx")
        return short
    }
}
