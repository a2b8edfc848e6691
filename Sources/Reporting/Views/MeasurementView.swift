import Analysis
import Model

/// What was measured of one variant.
extension Writer {
    /// - Parameter index: of the experiment.
    func measurement(_ study: Study, of recorded: RecordedExperiment, at index: Int) throws -> View {
        let measurement = study.measurement
        var view: View = [
            "checks": try verdicts(study).map { ["line": $0] },
            // Of several variants the share per replica is the answer; the rest stays in the record.
            "timeCharts": measurement.variant == nil ? timeCharts(study).map { ["block": block($0)] } : [],
            // Those of an only measurement stand in its section, whose values a template finds where it has none of its own.
            "faults": [View](),
            "failures": try failures(of: study),
            "prometheus": try prometheus(of: study, recorded.experiment),
            "bottleneck": try bottleneck(of: study),
            "notes":
                (try measurement.notes.map { Markdown.inline(try self.recorded($0)) }
                + (try missing(study.recorded.faults)))
                .map { ["line": $0] },
            "hasNotes": !measurement.notes.isEmpty || !study.recorded.faults.isEmpty,
            "record": study.folder + "/",
        ]
        if let variant = measurement.variant {
            view["variant"] = try words(
                recorded.experiment.stack.series == nil ? "headingVariant" : "headingMeasured",
                ["variant": HTML.escaped(variant)])
            view["answer"] = try self.measured(study, recorded.experiment)
            view["faults"] = try faults(of: study, recorded.experiment, at: index)
            view["ownFacts"] = try (facts(of: study) + restorations(study, recorded.experiment)).map { ["line": $0] }
        }
        if study.answer != nil {
            view["search"] = try search(study)
        } else {
            view["plateaus"] = ["tables": try study.steps.map { try plateau($0, of: study) }]
        }
        if study.steps.isEmpty {
            view["search"] = nil
            view["plateaus"] = nil
            view["noPlateau"] = true
        }
        if let times = try responseTimes(study, recorded.experiment) { view["responseTimes"] = times }
        if let signs = try signs(of: study) { view["signs"] = signs }
        if let laws = try laws(of: study, recorded.experiment) { view["laws"] = laws }
        if let policy = try policy(of: study) { view["policy"] = policy }
        return view
    }

    /// What went wrong: requests that failed before the load, parts that restarted or were lost.
    func alerts(of study: Study) throws -> [String] {
        var lines: [String] = []
        for result in study.measurement.preflight {
            guard let failure = result.failure else { continue }
            lines.append(
                try words(
                    "preflightFailed",
                    [
                        "task": Markdown.code(result.task), "kind": try name(of: failure.kind),
                        "detail": try detail(failure.detail),
                    ]))
        }
        return try lines + unrecovered(study) + restarts(of: study) + losses(of: study)
    }

    func facts(of study: Study) throws -> [String] {
        let measurement = study.measurement
        var lines: [String] = []
        if let data = measurement.dataset {
            lines.append(
                try words(
                    data.restorations > 0 ? "factDatasetRestored" : "factDataset",
                    [
                        "users": numbers.integer(data.users), "products": numbers.integer(data.products),
                        "before": numbers.integer(data.ordersBefore),
                        "after": try data.ordersAfter.map(numbers.integer) ?? words("notMeasured"),
                        "restorations": numbers.integer(data.restorations),
                    ]) + " " + source(study, "dataset"))
        } else {
            lines.append(try words(study.subject == .store ? "factNoDataset" : "factOwnData"))
        }
        if let nodes = nodes(of: measurement) {
            lines.append(try words("factNodes", ["nodes": nodes]) + " " + source(study, "components"))
        }
        for limit in distinctLimits(of: measurement) {
            lines.append(
                try words(
                    limit.enforced ? "factCPUEnforced" : "factCPUNotEnforced",
                    ["cores": numbers.exact(limit.cores), "how": Markdown.inline(try self.recorded(limit.how))]
                        .merging(many(limit.cores)) { $1 })
                    + " " + source(study, "components"))
        }
        for component in measurement.components where component.role != .store {
            guard let limit = component.cpuLimit else { continue }
            lines.append(
                try words(
                    limit.enforced ? "factPartCPUEnforced" : "factPartCPUNotEnforced",
                    [
                        "part": Markdown.inline(component.name), "cores": numbers.exact(limit.cores),
                        "how": Markdown.inline(try self.recorded(limit.how)),
                    ].merging(many(limit.cores)) { $1 }) + " " + source(study, "components"))
        }
        if !measurement.phases.isEmpty {
            let phases = try measurement.phases.map { timing in
                let digits = timing.seconds < 1 ? 100.0 : 10
                return
                    "\(try phase(timing.phase)) \(numbers.seconds((timing.seconds * digits).rounded() / digits))"
            }
            lines.append(
                try words("factPhases", ["phases": phases.joined(separator: ", ")]) + " " + source(study, "phases"))
        }
        return lines
    }

    /// Which parts ran on which machine of a swarm; nil of other stacks.
    private func nodes(of measurement: Measurement) -> String? {
        var parts: [String: [String]] = [:]
        for component in measurement.components {
            if let node = component.node { parts[node, default: []].append(component.name) }
        }
        let lines = parts.sorted { $0.key < $1.key }.map { node, names in
            "\(Markdown.code(node)): \(names.sorted().map { Markdown.code($0) }.joined(separator: ", "))"
        }
        return lines.isEmpty ? nil : lines.joined(separator: "; ")
    }

    private func distinctLimits(of measurement: Measurement) -> [CPUQuota] {
        measurement.components.filter { $0.role == .store }.compactMap(\.cpuLimit)
            .reduce(into: []) { limits, limit in if !limits.contains(limit) { limits.append(limit) } }
    }

    /// Whether each plateau of a ramp, and each bound of a search, shows the application.
    private func verdicts(_ study: Study) throws -> [String] {
        try (study.answer.map { [$0.passing, $0.failing].compactMap(\.self) } ?? study.steps).flatMap { step in
            let verdict =
                try validity(of: step) + " " + source(study, "\(place(of: step, in: study)).validity")
            return [verdict] + (try growth(of: step, study)) + (try speed(of: step, study))
        }
    }

    /// What a plateau shows is of no one data set, where that grew much.
    private func growth(of step: JudgedStep, _ study: Study) throws -> [String] {
        guard let growth = step.step.muchGrowth, let began = step.step.ordersBegan, let ended = step.step.ordersEnded
        else { return [] }
        let values = [
            "level": try name(of: step.step.level), "growth": numbers.percent(growth),
            "began": numbers.integer(began), "ended": numbers.integer(ended),
        ]
        return [try words("dataGrew", values) + " " + source(study, place(of: step, in: study))]
    }

    /// How fast the machine was on a plateau, where that was measured.
    private func speed(of step: JudgedStep, _ study: Study) throws -> [String] {
        guard let measured = study.speed, let speed = measured.relative(over: step.plateau) else { return [] }
        var values = ["level": try name(of: step.step.level), "speed": numbers.percent(speed)]
        if measured.moved(within: step.plateau) == true { values["moved"] = "" }
        let signal = Signal(kind: .calculation, component: Signal.machine, role: nil)
        return [try words("speedAt", values) + " " + source(study, [signal], [step.plateau])]
    }

    /// A step's place in the record.
    func place(of step: JudgedStep, in study: Study) -> String {
        study.steps.firstIndex { $0.step == step.step }.map { "steps[\($0)]" } ?? "steps"
    }

    func plateau(_ step: JudgedStep, of study: Study) throws -> View {
        guard let summary = step.summary else {
            return [
                "title": try words("plateauWithout", ["level": try name(of: step.step.level)]),
                "rows": [View](),
            ]
        }
        let source = source(study, plateauOf: step.step)
        let groups = try study.groups(of: step).map { group in
            var row = group
            row.task = try words("groupOfTasks", ["group": group.task ?? ""])
            return row
        }
        let rows = [summary.all] + groups + (summary.tasks.count > 1 ? summary.tasks : [])
        return [
            "title": try words(
                "plateauOf",
                [
                    "level": try name(of: step.step.level), "seconds": numbers.seconds(Double(summary.seconds)),
                    "from": numbers.integer(step.step.plateauBegan), "to": numbers.integer(step.step.plateauEnded),
                ]) + " " + self.source(study, place(of: step, in: study)),
            "levelHead": try words(study.isOpen ? "tableArrivals" : "tableUsers"),
            "rows": try rows.map { try requests($0, at: step.step.level).merging(["origin": source]) { $1 } },
        ]
    }

    private func requests(_ summary: RequestSummary, at level: LoadLevel) throws -> View {
        [
            "task": try summary.task.map(Markdown.inline) ?? words("inAll"),
            "level": number(of: level),
            "requests": numbers.integer(summary.requests),
            "rate": numbers.short(summary.rate),
            "p50": milliseconds(summary.succeeded.p50), "p90": milliseconds(summary.succeeded.p90),
            "p95": milliseconds(summary.succeeded.p95), "p99": milliseconds(summary.succeeded.p99),
            "firstByteP50": milliseconds(summary.firstByte.p50), "firstByteP95": milliseconds(summary.firstByte.p95),
            "mean": milliseconds(summary.succeeded.mean), "max": milliseconds(summary.succeeded.maximum),
            "errors": percent(summary.errorRate),
            "failed": numbers.integer(summary.failed.count),
            "failedP50": milliseconds(summary.failed.p50), "failedMax": milliseconds(summary.failed.maximum),
        ]
    }
}
