import Analysis
import Model

/// Prometheus beside the generator: counters, replicas, series.
extension Writer {
    func prometheus(of study: Study, _ experiment: Experiment) throws -> View {
        let measurement = study.measurement
        guard !measurement.prometheus.isEmpty || !measurement.counters.isEmpty else {
            return ["none": try notMeasured("")]
        }
        let checks = study.recorded.counterChecks(of: experiment)
        var view: View = [
            "counters": try checks.enumerated().map { try counter($1, source(study, "counters[\($0)]")) },
            "hasCounters": !checks.isEmpty,
            "countersNote": try note(on: checks, experiment),
        ]
        let isOurs = experiment.stack.subject == .store
        if let replicas = try replicaCounts(study, experiment) { view["replicas"] = replicas }
        switch measurement.replicaShares() {
        case .notMeasured(let reason): view["sharesMissing"] = try notMeasured(reason)
        case .value(let shares):
            let place = source(study, "prometheus " + measurement.replicaShareAnswers.joined(separator: ", "))
            view["shares"] =
                [
                    "rows": try shares.map { try share($0, place) },
                    "bars": block(bars(shares, title: text("chartShares"))),
                ] as View
        }
        let standard = [
            "request_rate", "error_rate", "p95", "orders_rate", "highest_spenders_rate", "best_sellers_rate",
            "in_flight",
        ]
        let own = measurement.prometheus.map(\.name).filter { $0.hasPrefix("observation: ") }
        let asked = measurement.variant == nil ? standard : ["request_rate"]
        let shown = isOurs ? asked : asked.filter { isShown($0, measurement) }
        let series = try (shown + own).map { try range($0, study) }
        view["charts"] = series.compactMap(\.chart).map { chart in
            // On a page charts stand beside each other, and what was asked below them.
            ["block": formed { form, _ in form == .html ? "" : chart.query } + "\n\n" + chart.block]
        }
        let queries = series.compactMap(\.chart).map { "- \(Markdown.inline($0.title)). \($0.query)" }
        view["queries"] = formed { form, _ in form == .html ? queries.joined(separator: "\n") : "" }
        view["lines"] = try (series.compactMap(\.line) + absent(asked.filter { !shown.contains($0) }))
            .map { ["line": $0] }
        if !shown.isEmpty, let interval = measurement.scrapeInterval {
            // A project may have a Prometheus too, which is not the one that answers.
            let isBeside = experiment.stack.subject.project != nil
            view["interval"] =
                try words(
                    isBeside ? "prometheusIntervalBeside" : "prometheusInterval",
                    ["interval": numbers.seconds(interval), "window": numbers.seconds(4 * interval)])
                + " " + source(study, "scrapeInterval")
        }
        return ["some": view]
    }

    /// Whether somebody's own application shows what a query asks for: without values it has no such metric. Records of
    /// versions that did not ask whether answers are counted by status have a rate of errors that is 0 for no reason.
    private func isShown(_ name: String, _ measurement: Measurement) -> Bool {
        guard case .value(let answer) = measurement.answer(named: name) else { return true }
        let isByStatus = measurement.prometheus.contains { $0.name == "errors_values" }
        let values = answer.series.flatMap { $0.points.compactMap(\.value) }
        return name == "error_rate" && !isByStatus ? values.contains { $0 != 0 } : !values.isEmpty
    }

    /// What somebody's own application shows no metric for.
    private func absent(_ names: [String]) throws -> [String] {
        guard !names.isEmpty else { return [] }
        let titles = try names.map { try words("prometheus_\($0)") }
        return [try words("prometheusAbsent", ["names": titles.joined(separator: separator)])]
    }

    private func counter(_ counter: CounterCheck, _ source: String) throws -> View {
        let verdict =
            switch counter.agreement {
            case .agrees: try words("counterAgrees")
            case .agreesWithin: try words("counterAgreesWithin")
            case .notMeasured: try words("notMeasured")
            case .differs(let requests, let share):
                (requests > 0 ? "+" : "") + numbers.decimal(requests, digits: 0)
                    + (share.map { " (\(numbers.difference(percent: $0)))" } ?? "")
            }
        let answered = numbers.integer(counter.answered)
        return [
            "counter": Markdown.code(counter.counter), "task": Markdown.inline(counter.task),
            "prometheus": try counter.rise.map { numbers.decimal($0, digits: 0) } ?? words("notMeasured"),
            "generator": try
                ([answered]
                + [("counterBrokenOff", counter.brokenOff), ("counterOwn", counter.own)].filter { $0.1 > 0 }
                .map { try words($0.0, ["count": numbers.integer($0.1)]) }).joined(separator: " "),
            "difference": verdict, "origin": source,
        ]
    }

    /// What the two counts are, and what may lie between them.
    private func note(on checks: [CounterCheck], _ experiment: Experiment) throws -> String {
        var values: [String: String] = [:]
        if case .running = experiment.stack.subject { values["running"] = "" }
        if checks.contains(where: { $0.brokenOff > 0 }) { values["brokenOff"] = "" }
        if checks.contains(where: { $0.own > 0 }) { values["own"] = "" }
        let resets = checks.map(\.resets).max() ?? 0
        if resets > 0 {
            values["resets"] = numbers.integer(resets)
            values["unseen"] = numbers.integer(checks.map(\.unseen).max() ?? 0)
        }
        return try words("countersNote", values)
    }

    private func share(_ share: ReplicaShare, _ source: String) throws -> View {
        [
            "replica": Markdown.inline(share.replica), "requests": numbers.decimal(share.requests, digits: 0),
            "share": percent(share.share),
            "errors": try share.errors.map { numbers.decimal($0, digits: 0) } ?? words("notMeasured"),
            "origin": source,
        ]
    }

    func bars(_ shares: [ReplicaShare], title: String) -> BarChart {
        let bars = shares.map { share in
            BarChart.Bar(
                name: share.replica, value: share.share,
                label: share.share.map(plain.percent) ?? text("notMeasured"))
        }
        return BarChart(title: title, bars: bars, full: 1, noData: text("notMeasured"))
    }

    /// Replicas as they were started, as Prometheus reached them and as Nginx names them.
    /// - Returns: nil of an application that runs already, of which none is known.
    private func replicaCounts(_ study: Study, _ experiment: Experiment) throws -> String? {
        if case .running = experiment.stack.subject { return nil }
        let started = study.measurement.components.count { $0.role == .store }
        var up: Int?
        if case .value(let answer) = study.measurement.answer(named: "targets_up") {
            up = answer.series.count { $0.points.last?.value == 1 }
        }
        var reached = try up.map(numbers.integer) ?? words("notMeasured")
        if experiment.stack.subject != .store, up == 0 {
            // Somebody's own service need not have metrics.
            (up, reached) = (nil, try words("replicasWithoutMetrics"))
        }
        let upstream = study.policy?.servers.count
        let text = try words(
            "replicaCounts",
            [
                "started": numbers.integer(started), "up": reached,
                "upstream": try upstream.map(numbers.integer) ?? words("noBalancer"),
            ])
        let known = [up, upstream].compactMap(\.self)
        let agree = known.allSatisfy { $0 == started }
        let verdict = try known.isEmpty ? nil : words(agree ? "replicasAgree" : "replicasDiffer")
        let place = source(study, "components, prometheus targets_up, deployed")
        return [text, verdict, place].compactMap(\.self).joined(separator: " ")
    }

    private func range(
        _ name: String, _ study: Study
    ) throws -> (chart: (title: String, query: String, block: String)?, line: String?) {
        let measurement = study.measurement
        let own = name.hasPrefix("observation: ")
        let title = own ? String(name.dropFirst("observation: ".count)) : try words("prometheus_\(name)")
        switch measurement.answer(named: name) {
        case .notMeasured(let reason):
            return (nil, "\(Markdown.inline(title))\(colon)\(try notMeasured(reason))")
        case .value(let answer):
            let values = answer.series.flatMap { $0.points.compactMap(\.value) }
            let query =
                try words("prometheusQuery", ["query": Markdown.code(answer.query)])
                + " " + source(study, "prometheus \(name)")
            if values.isEmpty {
                return (nil, "\(Markdown.inline(title))\(colon)\(try words("prometheusEmpty")) \(query)")
            }
            if values.allSatisfy({ $0 == 0 }) {
                let counted = name == "error_rate" ? measurement.serverErrors : 0
                let zero = try words(
                    counted > 0 ? "prometheusZeroCounted" : "prometheusZero",
                    ["count": numbers.decimal(counted, digits: 0)].merging(many(counted)) { $1 })
                return (nil, "\(Markdown.inline(title))\(colon)\(zero) \(query)")
            }
            let factor = name == "p95" ? 1000.0 : 1
            let unit = own || name == "in_flight" ? "" : name == "p95" ? "ms" : "1/s"
            let note = name == "p95" ? " " + (try words("prometheusBuckets")) : ""
            return ((title, query + note, block(draw(answer, title, unit, factor, study))), nil)
        }
    }

    func draw(
        _ answer: PrometheusAnswer, _ title: String, _ unit: String, _ factor: Double, _ study: Study
    ) -> LineChart {
        let measurement = study.measurement
        var origin = measurement.loadBegan ?? measurement.began
        if measurement.loadBegan == nil, case .range(let from, _, _) = answer.kind { origin = from }
        let series = answer.series.map { series in
            LineChart.Series(
                name: legend(series.labels, title),
                points: series.points.map { .init(x: ($0.time - origin).rounded(), y: $0.value.map { $0 * factor }) })
        }.sorted { isInNaturalOrder($0.name, $1.name) }
        var chart = LineChart(
            title: title, unit: unit, xLabel: text("chartSeconds"), series: ranged(series),
            noData: text("notMeasured"), numbers: plain)
        chart.namesSingleSeries = true
        if unit == "ms" { chart.yScale = .logarithmic }
        return overTime(chart, study)
    }

    /// Of three series and more the lowest and the highest at each instant: drawn over each other they hide one another.
    func ranged(_ series: [LineChart.Series]) -> [LineChart.Series] {
        guard series.count > 2 else { return series }
        var values: [Double: [Double]] = [:]
        for point in series.flatMap(\.points) {
            if let y = point.y { values[point.x, default: []].append(y) }
        }
        let instants = values.keys.sorted()
        let count = ["count": plain.integer(series.count)]
        return [
            LineChart.Series(
                name: (try? words("chartLowest", count)) ?? "",
                points: instants.map { LineChart.Point(x: $0, y: values[$0]?.min()) }),
            LineChart.Series(
                name: (try? words("chartHighest", count)) ?? "",
                points: instants.map { LineChart.Point(x: $0, y: values[$0]?.max()) }),
        ]
    }

    private func legend(_ labels: [String: String], _ title: String) -> String {
        if let replica = labels["replica"] { return replica }
        let shown = labels.filter { $0.key != "__name__" }.sorted { $0.key < $1.key }
        return shown.isEmpty ? title : shown.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}

extension Measurement {
    /// Answers 5xx of all replicas, as far as Prometheus counted them.
    fileprivate var serverErrors: Double {
        guard case .value(let shares) = replicaShares() else { return 0 }
        return shares.compactMap(\.errors).reduce(0, +)
    }
}
