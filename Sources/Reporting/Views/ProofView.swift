import Analysis
import Model

/// What stands before the folds of a section: the chart that proves the answer, the bounds per task, the cause, and what
/// Prometheus counted.
extension Writer {
    func proof(of study: Study, _ experiment: Experiment) throws -> View {
        var view: View = [:]
        var points = try remarks(study, experiment)
        if let ladder = study.answer == nil ? nil : ladder(study, most: Self.ladderRows) {
            view["chart"] = ["block": block(ladder)]
        } else if let chart = usersAndLatency(study) {
            view["chart"] = ["block": block(chart)]
        }
        if let bounds = try bounds(study) { view["bounds"] = bounds }
        var charts: [LineChart] = []
        if let evidence = Evidence(of: study, host: run.manifest.host) {
            let cause = try cause(evidence)
            points.append(cause.sentence)
            if let chart = cause.chart { charts.append(chart) }
        }
        if let chart = requestsPerReplica(study) { charts.append(chart) }
        if !charts.isEmpty { view["charts"] = ["block": block(ChartStack(charts.map { low($0, study) }))] }
        points.append(
            try [shortVerdicts(study), countersInShort(study, experiment)].compactMap(\.self).joined(separator: " "))
        view["points"] = points.map { ["line": $0] }
        return view
    }

    /// Of a section, which has at most 45 lines before its folds.
    static let ladderRows = RangeChart.mostRungs

    /// A chart that stands above or below another, over the same seconds.
    private func low(_ chart: LineChart, _ study: Study) -> LineChart {
        var chart = overTime(chart, study)
        chart.rows = 4
        chart.stretches = []
        chart.series = ranged(chart.series)
        return chart
    }

    /// Latencies with the criterion, over how many users there were.
    private func usersAndLatency(_ study: Study) -> ChartStack? {
        guard !study.recorded.samples.isEmpty else { return nil }
        var latency = latencies(study)
        latency.rows = 7
        if let criterion = study.criteria.first(where: { $0.metric.isLatency }) {
            latency.mark = (criterion.threshold * 1000, criterion.text)
        }
        var users = levelOverTime(study)
        users.rows = 3
        return ChartStack(
            [latency, users].map { chart in
                var chart = chart
                chart.stretches = []
                return chart
            })
    }

    private func requestsPerReplica(_ study: Study) -> LineChart? {
        guard case .value(let answer) = study.measurement.answer(named: "request_rate"),
            answer.series.contains(where: { $0.points.contains { ($0.value ?? 0) > 0 } })
        else { return nil }
        return draw(answer, text("prometheus_request_rate"), "1/s", 1, study)
    }

    /// Of a search what was measured at both bounds, side by side, of a ramp at its last stage: all tasks together, then each.
    private func bounds(_ study: Study) throws -> View? {
        let steps = study.answer.map { [$0.passing, $0.failing].compactMap(\.self) } ?? study.steps.suffix(1)
        let measured = steps.compactMap { step in step.summary.map { (step, $0) } }
        guard !measured.isEmpty else { return nil }
        let outcomes = try measured.map { step, _ in
            guard study.answer != nil else { return try words(step.outcome.rawValue) }
            let same = study.steps.filter { $0.step.level == step.step.level }
            return ratio(same.count { $0.outcome == .passed }, same.count)
        }
        let names = measured[0].1.tasks.count > 1 ? measured[0].1.tasks.map(\.task) : []
        let rows = try ([nil] + names).map { name -> View in
            let requests = measured.compactMap { _, summary in
                name == nil ? summary.all : summary.tasks.first { $0.task == name }
            }
            func both(_ text: (RequestSummary) -> String) -> String {
                requests.map(text).joined(separator: Self.change)
            }
            return [
                "task": try name.map(Markdown.inline) ?? words("inAll"),
                "outcome": name == nil ? outcomes.joined(separator: Self.change) : "",
                "rate": both { numbers.short($0.rate) },
                "p50": both { milliseconds($0.succeeded.p50) }, "p95": both { milliseconds($0.succeeded.p95) },
                "p99": both { milliseconds($0.succeeded.p99) }, "errors": both { percent($0.errorRate) },
                "origin": measured.map { source(study, plateauOf: $0.0.step) }.joined(separator: " "),
            ]
        }
        let levels = measured.map { number(of: $0.0.step.level) }.joined(separator: Self.change)
        return [
            "rows": rows, "level": try words(study.isOpen ? "tableAtArrivals" : "tableAtUsers", ["level": levels]),
            // Of a search how often each bound passed, of a ramp how its stage came out.
            "outcomeHead": try words(study.answer == nil ? "tableOutcome" : "tablePassed"),
        ]
    }

    /// From the most users that passed to the fewest that failed.
    private static let change = " → "

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
