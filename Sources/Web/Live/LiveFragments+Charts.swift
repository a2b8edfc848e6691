import Model
import Orchestrator
import Reporting

/// The charts of the measurement, drawn as those of the report are, and the same values as a table.
extension LiveFragments {
    func chart(_ title: String, unit: String, x: String, _ series: [LineChart.Series]) -> LineChart {
        LineChart(
            title: words("chart-" + title), unit: unit, xLabel: words(x), series: series, noData: words("noDataYet"),
            numbers: words.plain)
    }

    private func seconds(_ value: (RunSecond) -> Double?) -> [LineChart.Point] {
        (shown?.seconds.elements ?? []).map { LineChart.Point(x: Double($0.second), y: value($0)) }
    }

    /// With round seconds on its axis, and the plateaus behind it.
    private func drawn(_ chart: LineChart) -> Markup {
        var chart = chart
        chart.tickRoundSeconds()
        let before = shown?.decisionsBefore ?? 0
        if let decisions = shown?.decisions, before + decisions.count > 1 {
            chart.stretches = decisions.enumerated().map { index, decision in
                LineChart.Stretch(
                    from: Double(decision.step.plateauBegan), to: Double(decision.step.plateauEnded),
                    name: "\(before + index + 1)")
            }
            chart.stretchesName = words.ofReport("chartSteps")
        }
        return Markup(html: chart.svg())
    }

    var usersChart: Markup {
        guard let latest = shown?.latest else { return .none }
        if latest.targetRate != nil {
            return drawn(
                chart(
                    "arrivals", unit: "1/s", x: "secondsOfLoad",
                    [LineChart.Series(name: words("wanted"), points: seconds(\.targetRate))]))
        }
        return drawn(
            chart(
                "users", unit: "", x: "secondsOfLoad",
                [
                    LineChart.Series(name: words("usersThere"), points: seconds { Double($0.users) }),
                    LineChart.Series(name: words("wanted"), points: seconds { Double($0.targetUsers) }),
                ]))
    }

    var rateChart: Markup {
        guard shown?.latest != nil else { return .none }
        return drawn(
            chart(
                "rate", unit: "1/s", x: "secondsOfLoad",
                [
                    LineChart.Series(
                        name: words.ofReport("chartRequests"),
                        points: seconds { Double($0.all.ended) / Double($0.span) }),
                    LineChart.Series(
                        name: words.ofReport("chartFailures"),
                        points: seconds { Double($0.all.failed) / Double($0.span) }),
                ]))
    }

    var latencyChart: Markup {
        guard shown?.latest != nil else { return .none }
        var chart = chart(
            "latency", unit: "ms", x: "secondsOfLoad",
            [
                LineChart.Series(name: words("p50"), points: seconds { $0.all.p50.map { $0 * 1000 } }),
                LineChart.Series(name: words("p95"), points: seconds { $0.all.p95.map { $0 * 1000 } }),
                LineChart.Series(name: words("p99"), points: seconds { $0.all.p99.map { $0 * 1000 } }),
            ])
        if let criterion = shown?.plan.criteria.first(where: { $0.metric.isLatency }) {
            chart.mark = (criterion.threshold * 1000, criterion.text)
        }
        return drawn(chart)
    }

    var cpuChart: Markup {
        guard let usage = shown?.usage.elements, !usage.isEmpty else { return .none }
        // The busiest parts, as many as can be told apart.
        let names = Self.names(in: usage).prefix(7)
        return drawn(
            chart(
                "cpu", unit: words("unitCores"), x: "secondsOfLoad",
                names.map { name in
                    LineChart.Series(
                        name: part(name), points: usage.map { LineChart.Point(x: $0.time.rounded(), y: $0.cores[name]) }
                    )
                }))
    }

    /// Busiest first.
    private static func names(in usage: [UsageSample]) -> [String] {
        var most: [String: Double] = [:]
        for sample in usage { most.merge(sample.cores, uniquingKeysWith: max) }
        return most.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    private func part(_ name: String) -> String {
        name == "generator" || name == "machine" ? words("part-" + name) : name
    }

    /// CPU and memory of each part in the newest second, while there is one.
    var parts: Markup {
        guard history.closing == nil, let latest = shown?.latestUsage else { return .none }
        let rows = latest.cores.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { name, cores -> [Markup] in
            let memory = latest.memory[name].map { words.numbers.integer($0 / 1_048_576) + "\u{A0}MiB" } ?? "–"
            return ["\(part(name))", "\(words.numbers.short(cores))", "\(memory)"]
        }
        return .table(
            [words("part"), words("cores"), words("memory")], rows, numeric: [1, 2], caption: words("chart-cpu"))
    }

    /// The charts' values, as few rows as can be read.
    var seconds: Markup {
        guard let all = shown?.seconds.elements, !all.isEmpty else { return .none }
        var thinned = Thinned<RunSecond>(limit: 30)
        for second in all { thinned.append(second) }
        let rows = thinned.elements.reversed().map { second -> [Markup] in
            let until = second.second + second.span
            return [
                second.span == 1 ? "\(second.second)" : "\(second.second)–\(until - 1)",
                "\(words.numbers.integer(second.users))", "\(words.numbers.integer(second.targetUsers))",
                "\(words.numbers.short(Double(second.all.ended) / Double(second.span)))",
                "\(words.numbers.percent(second.all.errorRate))", "\(words.latency(second.all.p50))",
                "\(words.latency(second.all.p95))", "\(words.latency(second.all.p99))",
            ]
        }
        return .table(
            [
                words("secondsOfLoad"), words("users"), words("wanted"), words("requestsPerSecond"), words("errors"),
                words("p50"), words("p95"), words("p99"),
            ], rows, numeric: Set(0...7), caption: words("values"))
    }
}
