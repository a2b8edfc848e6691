import Analysis
import Model

/// Prometheus beside the generator: counters, replicas, series.
extension Writer {
    func prometheus(of study: Study, _ experiment: Experiment) throws -> View {
        let measurement = study.measurement
        guard !measurement.prometheus.isEmpty || !measurement.counters.isEmpty else {
            return ["none": try notMeasured("")]
        }
        var view: View = [
            "counters": try measurement.counters.enumerated().map { try counter($1, source(study, "counters[\($0)]")) },
            "hasCounters": !measurement.counters.isEmpty,
            "replicas": try replicaCounts(study),
        ]
        switch measurement.replicaShares() {
        case .notMeasured(let reason): view["sharesMissing"] = try notMeasured(reason)
        case .value(let shares):
            view["shares"] =
                [
                    "rows": try shares.map { try share($0, source(study, "prometheus requests_after, errors_after")) },
                    "bars": block(bars(shares, title: text("chartShares"))),
                ] as View
        }
        let standard = [
            "request_rate", "error_rate", "p95", "orders_rate", "highest_spenders_rate", "best_sellers_rate",
            "in_flight",
        ]
        let own = measurement.prometheus.map(\.name).filter { $0.hasPrefix("observation: ") }
        let series = try ((measurement.variant == nil ? standard : ["request_rate"]) + own).map {
            try range($0, study)
        }
        view["charts"] = series.compactMap(\.block).map { ["block": $0] }
        view["lines"] = series.compactMap(\.line).map { ["line": $0] }
        return ["some": view]
    }

    private func counter(_ counter: CounterComparison, _ source: String) throws -> View {
        let verdict =
            switch counter.agreement {
            case .agrees: try words("counterAgrees")
            case .notMeasured: try words("notMeasured")
            case .differs(let requests, let share):
                (requests > 0 ? "+" : "") + numbers.decimal(requests, digits: 0)
                    + (share.map { " (\(numbers.difference(percent: $0)))" } ?? "")
            }
        return [
            "counter": Markdown.code(counter.counter), "task": Markdown.inline(counter.task),
            "prometheus": try counter.prometheus.map { numbers.decimal($0, digits: 0) } ?? words("notMeasured"),
            "generator": numbers.integer(counter.generator), "difference": verdict, "origin": source,
        ]
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
    private func replicaCounts(_ study: Study) throws -> String {
        let started = study.measurement.components.count { $0.role == .store }
        var up: Int?
        if case .value(let answer) = study.measurement.answer(named: "targets_up") {
            up = answer.series.count { $0.points.last?.value == 1 }
        }
        let upstream = study.policy?.servers.count
        let text = try words(
            "replicaCounts",
            [
                "started": numbers.integer(started), "up": try up.map(numbers.integer) ?? words("notMeasured"),
                "upstream": try upstream.map(numbers.integer) ?? words("noBalancer"),
            ])
        let agree = [up, upstream].compactMap(\.self).allSatisfy { $0 == started }
        let verdict = try up == nil && agree ? nil : words(agree ? "replicasAgree" : "replicasDiffer")
        let place = source(study, "components, prometheus targets_up, deployed")
        return [text, verdict, place].compactMap(\.self).joined(separator: " ")
    }

    private func range(_ name: String, _ study: Study) throws -> (block: String?, line: String?) {
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
            return ("\(query)\n\n" + block(draw(answer, title, unit, factor, study)), nil)
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
    private func ranged(_ series: [LineChart.Series]) -> [LineChart.Series] {
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
