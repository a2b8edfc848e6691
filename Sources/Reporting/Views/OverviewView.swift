import Analysis
import Model

/// The first screen: what limits the results, and the limits of all experiments side by side.
extension Writer {
    /// The three things that a reader must know first, the gravest first.
    func caveats() throws -> [View] {
        let all = studies.joined()
        var lines: [String] = []
        if run.manifest.quick { lines.append(try words("validityQuick")) }
        if all.contains(where: { $0.measurement.components.contains { $0.cpuLimit?.enforced == false } }) {
            lines.append(try words("validityNotEnforced"))
        }
        if all.contains(where: { $0.answer?.generatorLimited == true }) { lines.append(try words("validityGenerator")) }
        let (judged, valid) = verdictCounts()
        if valid < judged {
            lines.append(
                try words(
                    "caveatVerdicts", ["judged": numbers.integer(judged), "others": numbers.integer(judged - valid)]))
        }
        if let quota = try quotas() { lines.append(quota) }
        if isOnMariaDB {
            lines.append(try words("caveatMariaDB"))
        }
        if all.contains(where: { $0.measurement.stackKind == "local" }) { lines.append(try words("caveatShared")) }
        if run.manifest.repeats ?? 1 <= 1 { lines.append(try words("caveatSingle")) }
        return lines.prefix(3).enumerated().map { ["number": "\($0 + 1)", "line": $1] }
    }

    /// Plateaus that answers rest on, and how many of them show the application.
    func verdictCounts() -> (judged: Int, valid: Int) {
        let verdicts = studies.joined().flatMap { study in
            (study.answer.map { [$0.passing, $0.failing].compactMap(\.self) } ?? study.steps).compactMap(\.validity)
        }
        return (verdicts.count, verdicts.count { $0.verdict == .valid })
    }

    /// What replicas were given, where they were: it decides how many users they bear.
    private func quotas() throws -> String? {
        let given = run.experiments.map(\.experiment).filter { !$0.load.shape.isOpen }.map(\.stack)
            .filter { $0.subject == .store }
            .compactMap { stack in stack.storeCPUs.map { (replicas: stack.replicas, each: $0) } }
        guard let first = given.first else { return nil }
        let several = given.max { $0.replicas < $1.replicas } ?? first
        guard given.allSatisfy({ $0.each == first.each }) else { return try words("caveatQuotas") }
        var values = ["each": numbers.exact(first.each)].merging(many(first.each)) { $1 }
        if several.replicas > 1, given.contains(where: { $0.replicas == 1 }) {
            values["replicas"] = numbers.integer(several.replicas)
            let total = Double(several.replicas) * first.each
            values["total"] = numbers.short(total)
            values.merge(many(total, "totalMany")) { $1 }
        }
        return try words("caveatQuota", values)
    }

    /// The limits that were searched for, each with its interval; nil where there are fewer than two.
    func limitsChart() throws -> View? {
        let found = run.experiments.indices.compactMap { index -> (row: RangeChart.Row, index: Int)? in
            guard let study = studies[index].first, let answer = study.answer, let range = answer.range else {
                return nil
            }
            let stack = run.experiments[index].experiment.stack
            let cores = stack.storeCPUs.map { plain.short($0 * Double(stack.replicas)) } ?? "–"
            return (
                RangeChart.Row(
                    label: run.experiments[index].experiment.name, points: range.map { RangeChart.Point($0) },
                    notes: [answer.figureText(plain), cores]), index
            )
        }
        guard found.count > 1 else { return nil }
        let chart = RangeChart(
            title: text("chartLimits"), unit: text("tableUsers"), labelHead: text("tableExperiment"),
            heads: [text("tableLimit"), text("tableCores")], rows: found.map(\.row), noData: text("notMeasured"),
            numbers: plain)
        let factors = try found.flatMap { found -> [View] in
            let experiment = run.experiments[found.index].experiment
            return try comparisons(of: experiment, at: found.index).compactMap { comparison in
                guard case .effect = comparison.finding, let short = try short(comparison) else { return nil }
                let origin = sources(ofMeasurements: comparison.experiments)
                return ["line": "\(Markdown.code(experiment.name))\(colon)\(short) \(origin)"]
            }
        }
        let gains = try gains(among: found.map(\.index)).map { ["line": $0] as View }
        return ["block": block(chart), "lines": factors + [gains].compactMap(\.self)]
    }
}

extension LimitAnswer {
    /// The interval of the estimate, or else of the bounds; what is known of one that is open.
    var range: [Double]? {
        if let estimate { return [estimate.lower, estimate.users, estimate.upper].compactMap(\.self) }
        switch verdict {
        case .interval(let passed, let failed): return [Double(passed), Double(failed)]
        case .neverFailed(let users): return [Double(users)]
        case .failsFrom(let users): return [Double(users)]
        case .failsAtOneUser: return [1]
        case .notMeasured: return nil
        }
    }

    /// In the fewest characters.
    func figureText(_ numbers: Numbers) -> String {
        if let estimate { return (generatorLimited ? "≥ " : "") + numbers.integer(Int(estimate.users.rounded())) }
        switch verdict {
        case .interval(let passed, let failed):
            return generatorLimited
                ? "≥ " + numbers.integer(passed) : numbers.integer(passed) + "–" + numbers.integer(failed)
        case .neverFailed(let users): return "≥ " + numbers.integer(users)
        case .failsFrom(let users): return "< " + numbers.integer(users)
        case .failsAtOneUser: return "< 1"
        case .notMeasured: return "–"
        }
    }
}
