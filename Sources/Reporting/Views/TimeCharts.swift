import Analysis
import Model

/// Charts over the whole load, ramps included.
extension Writer {
    func timeCharts(_ study: Study) -> [LineChart] {
        let samples = study.recorded.samples
        guard !samples.isEmpty else { return [] }
        func points(_ value: (SecondSample) -> Double?) -> [LineChart.Point] {
            samples.map { LineChart.Point(x: Double($0.second), y: value($0)) }
        }
        let rates = chart(
            "chartRateOverTime", unit: "1/s", x: "chartSeconds",
            [
                (
                    text("chartRequests"),
                    points { $0.tasks.reduce(0.0) { $0 + Double($1.succeeded.count + $1.failed.count) } }
                ),
                (text("chartFailures"), points { $0.tasks.reduce(0.0) { $0 + Double($1.failed.count) } }),
            ])
        return [levelOverTime(study), overTime(rates, study), latencies(study)] + speedChart(study)
    }

    /// How many users there were in each second, or how many requests arrived.
    func levelOverTime(_ study: Study) -> LineChart {
        func points(_ value: (SecondSample) -> Double?) -> [LineChart.Point] {
            study.recorded.samples.map { LineChart.Point(x: Double($0.second), y: value($0)) }
        }
        var level =
            study.isOpen
            ? chart(
                "chartArrivalsOverTime", unit: "1/s", x: "chartSeconds",
                [(text("chartArrivals"), points(Self.arrivals))])
            : chart(
                "chartUsersOverTime", unit: "", x: "chartSeconds", [(text("chartUsers"), points { Double($0.users) })])
        level.rows = 5
        return overTime(level, study)
    }

    /// Of successes, p50 and p95 of each second.
    func latencies(_ study: Study) -> LineChart {
        func points(_ percentile: Double) -> [LineChart.Point] {
            zip(study.recorded.samples, study.latencies).map { sample, latencies in
                LineChart.Point(x: Double(sample.second), y: latencies.percentile(percentile).map { $0 * 1000 })
            }
        }
        var chart = chart(
            "chartLatencyOverTime", unit: "ms", x: "chartSeconds", [("p50", points(50)), ("p95", points(95))])
        chart.yScale = .logarithmic
        return overTime(chart, study)
    }

    /// With round seconds on its axis, and the plateaus below it.
    func overTime(_ chart: LineChart, _ study: Study) -> LineChart {
        var chart = chart
        chart.tickRoundSeconds()
        if study.steps.count > 1 {
            chart.stretches = study.steps.enumerated().filter { !$1.plateau.isEmpty }.map { index, judged in
                LineChart.Stretch(
                    from: Double(judged.plateau.lowerBound), to: Double(judged.plateau.upperBound), name: "\(index + 1)"
                )
            }
            chart.stretchesName = text("chartSteps")
        }
        return chart
    }

    private func speedChart(_ study: Study) -> [LineChart] {
        guard let speed = study.speed else { return [] }
        let points = study.recorded.samples.map { sample in
            LineChart.Point(x: Double(sample.second), y: speed[sample.second].map { $0 * 100 })
        }
        var drawn = chart(
            "chartSpeedOverTime", unit: "%", x: "chartSeconds", [(text("chartSpeed"), points)])
        drawn.rows = 5
        return [overTime(drawn, study)]
    }

    /// Requests that fell due in a second; in records that do not say, those that were sent.
    private static func arrivals(_ sample: SecondSample) -> Double? {
        Double(sample.generator?.due ?? sample.tasks.reduce(0) { $0 + $1.started })
    }

    func chart(
        _ title: String, unit: String, x: String, _ series: [(name: String, points: [LineChart.Point])]
    ) -> LineChart {
        LineChart(
            title: text(title), unit: unit, xLabel: text(x),
            series: series.map { LineChart.Series(name: $0.name, points: $0.points) },
            noData: text("notMeasured"), numbers: plain)
    }

    /// A word of a chart; its name where the words lack it.
    func text(_ name: String) -> String { (try? words(name)) ?? name }
}
