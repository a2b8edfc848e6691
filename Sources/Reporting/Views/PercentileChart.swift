import Analysis
import Model

/// Latency by percentile, with as much room for the slowest tenth, hundredth and thousandth as for all others.
extension Writer {
    /// Of each task's successes on a plateau; nil where there are none.
    func percentileChart(_ step: JudgedStep, of study: Study, _ experiment: Experiment) throws -> LineChart? {
        let plateau = study.recorded.plateau(of: step.step)
        let names = experiment.load.tasks.map(\.name)
        let series = names.enumerated().compactMap { index, name -> (name: String, points: [LineChart.Point])? in
            let latencies = PlateauSummary.latencies(of: index, samples: plateau)
            guard latencies.count > 0 else { return nil }
            return (name, Self.points(of: latencies))
        }
        guard !series.isEmpty else { return nil }
        var chart = chart("chartPercentiles", unit: "ms", x: "chartPercentile", series)
        chart.title = try words("chartPercentiles", ["level": try name(of: step.step.level, plain: true)])
        chart.xScale = .logarithmic
        chart.yScale = .logarithmic
        chart.ticks = [2, 10, 20, 100, 1000]
        chart.namesSingleSeries = true
        chart.xText = { [plain] rarity in "p" + plain.exact(100 - 100 / rarity) }
        return chart
    }

    /// x is how rare it is to be slower: 1 for the fastest, 10 for p90, 100 for p99, and so on, as far as there are requests
    /// enough to tell.
    private static func points(of latencies: Distribution) -> [LineChart.Point] {
        let most = min(10_000, max(2, Double(latencies.count)))
        var points: [LineChart.Point] = []
        var rarity = 1.0
        while rarity <= most {
            points.append(
                LineChart.Point(x: rarity, y: latencies.percentile(100 - 100 / rarity).map { $0 * 1000 }))
            rarity *= 1.1
        }
        points.append(LineChart.Point(x: most, y: latencies.percentile(100 - 100 / most).map { $0 * 1000 }))
        return points
    }
}
