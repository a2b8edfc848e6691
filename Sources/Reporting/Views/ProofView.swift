import Analysis
import Model

/// What stands before the folds of a section: the chart that proves the answer, the bounds per task, the cause, and what
/// Prometheus counted.
extension Writer {
    func proof(of study: Study, _ experiment: Experiment) throws -> View {
        var view: View = ["verdicts": try shortVerdicts(study)]
        if let counters = try countersInShort(study, experiment) { view["counted"] = counters }
        if let ladder = study.answer == nil ? nil : ladder(study) {
            view["chart"] = ["block": block(ladder)]
        } else if let chart = latencyOverTime(study) {
            view["chart"] = ["block": block(chart)]
        }
        let rows = try boundRows(study)
        if !rows.isEmpty {
            view["bounds"] = ["rows": rows, "level": try words(study.isOpen ? "tableArrivals" : "tableUsers")]
        }
        if let evidence = Evidence(of: study, host: run.manifest.host) {
            let cause = try cause(evidence)
            view["cause"] = cause.sentence
            if var chart = cause.chart {
                chart.rows = Self.lowRows
                view["causeChart"] = ["block": block(chart)]
            }
        }
        if let chart = requestsPerReplica(study) { view["prometheusChart"] = ["block": block(chart)] }
        return view
    }

    /// Of charts before the folds.
    private static let lowRows = 5

    private func latencyOverTime(_ study: Study) -> LineChart? {
        guard !study.recorded.samples.isEmpty else { return nil }
        var chart = latencies(study)
        chart.rows = 7
        chart.stretches = []
        if let criterion = study.limits.first(where: { $0.metric != .errorRate }) {
            chart.mark = (criterion.threshold * 1000, criterion.text)
        }
        return chart
    }

    private func requestsPerReplica(_ study: Study) -> LineChart? {
        guard case .value(let answer) = study.measurement.answer(named: "request_rate"),
            answer.series.contains(where: { $0.points.contains { ($0.value ?? 0) > 0 } })
        else { return nil }
        var chart = draw(answer, text("prometheus_request_rate"), "1/s", 1, study)
        chart.rows = Self.lowRows
        chart.stretches = []
        return chart
    }

    /// Of a search both bounds, of a ramp the last stage: all tasks together, then each.
    private func boundRows(_ study: Study) throws -> [View] {
        let steps = study.answer.map { [$0.passing, $0.failing].compactMap(\.self) } ?? study.steps.suffix(1)
        return try steps.flatMap { step -> [View] in
            guard let summary = step.summary else { return [] }
            let same = study.steps.filter { $0.step.level == step.step.level }
            let held =
                study.answer == nil
                ? try words(step.outcome.rawValue) : ratio(same.count { $0.outcome == .passed }, same.count)
            let tasks = [summary.all] + (summary.tasks.count > 1 ? summary.tasks : [])
            return try tasks.enumerated().map { index, requests in
                [
                    "level": number(of: step.step.level),
                    "task": try requests.task.map(Markdown.inline) ?? words("inAll"),
                    "held": index == 0 ? held : "",
                    "rate": numbers.short(requests.rate),
                    "p50": milliseconds(requests.succeeded.p50), "p95": milliseconds(requests.succeeded.p95),
                    "p99": milliseconds(requests.succeeded.p99), "errors": percent(requests.errorRate),
                    "origin": source(study, plateauOf: step.step),
                ]
            }
        }
    }

    /// Whether the plateaus that the answer rests on show the application, in one line.
    private func shortVerdicts(_ study: Study) throws -> String {
        let steps = study.answer.map { [$0.passing, $0.failing].compactMap(\.self) } ?? study.steps
        let judged = steps.compactMap(\.validity)
        guard !judged.isEmpty else { return try words("verdictsNotMeasured") }
        let others = steps.filter { ($0.validity?.verdict ?? .valid) != .valid }
        guard others.isEmpty else { return try others.map(validity).joined(separator: " ") }
        return try words(
            "verdictsValid", ["count": numbers.integer(judged.count)].merging(many(Double(judged.count))) { $1 })
    }

    /// nil where the experiment counts nothing.
    private func countersInShort(_ study: Study, _ experiment: Experiment) throws -> String? {
        let checks = study.recorded.counterChecks(of: experiment)
        guard !checks.isEmpty else { return nil }
        let place = source(study, "counters")
        let differing = checks.filter { $0.agreement != .agrees && $0.agreement != .agreesWithin }
        guard !differing.isEmpty else {
            let answered = checks.reduce(0) { $0 + $1.answered }
            let brokenOff = checks.reduce(0) { $0 + $1.brokenOff }
            var values = ["count": numbers.integer(answered)]
            if brokenOff > 0 { values["brokenOff"] = numbers.integer(brokenOff) }
            let own = checks.reduce(0) { $0 + $1.own }
            if own > 0 { values["own"] = numbers.integer(own) }
            return try words("countersAgree", values) + " " + place
        }
        let isMeasured = differing.contains { $0.rise != nil }
        let parts = try differing.map { check in
            guard isMeasured else { return Markdown.code(check.counter) }
            return try words(
                "countersPart",
                [
                    "counter": Markdown.code(check.counter),
                    "prometheus": try check.rise.map { numbers.decimal($0, digits: 0) } ?? words("notMeasured"),
                    "generator": numbers.integer(check.answered),
                ])
        }
        return try words(
            isMeasured ? "countersDiffer" : "countersUnknown", ["parts": parts.joined(separator: separator)])
            + (try isMeasured ? killedReplicas(study.measurement) : "") + " " + place
    }

    /// What counted went with them.
    private func killedReplicas(_ measurement: Measurement) throws -> String {
        let stores = Set(measurement.components.filter { $0.role == .store }.map(\.name))
        let killed = (measurement.faults ?? []).filter { $0.fault.action == .kill && stores.contains($0.part) }
        guard !killed.isEmpty else { return "" }
        let names = Set(killed.map(\.part)).sorted(by: isInNaturalOrder).map(Markdown.code)
        return try " "
            + words(
                "countersKilled",
                ["replicas": names.joined(separator: ", ")].merging(many(Double(names.count))) { $1 })
    }
}
