import Analysis

extension HistoryWriter {
    /// A quantity over the runs, by their places in the table, a line per series. Where a change is shown, the means between the
    /// changes stand behind it. What does not count as a number is left out.
    func chart(_ quantity: HistoryQuantity, of history: ExperimentHistory) throws -> LineChart {
        let plain = Numbers(language, plain: true)
        // Latencies in milliseconds, as everywhere.
        let factor = quantity == .p95 ? 1000.0 : 1
        let counted = (0..<history.seriesCount).map { history.counted(quantity, series: $0) }
        var lines = try counted.enumerated().filter { !$0.element.isEmpty }.map { series, places in
            LineChart.Series(
                name: "\(try words("historySeries")) \(letter(series))",
                points: places.map { place in
                    LineChart.Point(
                        x: Double(place + 1),
                        y: history.entries[place].reading.values[quantity].map { $0.number * factor })
                })
        }
        let changes = history.changes.filter { $0.quantity == quantity }
        for series in Set(changes.map(\.series)).sorted() {
            let own = changes.filter { $0.series == series }
            let points = counted[series].map { place -> LineChart.Point in
                let mean = own.last { $0.entry <= place }?.point.after ?? own.first?.point.before
                return LineChart.Point(x: Double(place + 1), y: mean.map { $0 * factor })
            }
            lines.append(LineChart.Series(name: "\(try words("historyMean")) \(letter(series))", points: points))
        }
        let name = try name(of: quantity, in: history)
        var chart = LineChart(
            title: quantity == .p95 ? name : name.asTitle,
            unit: quantity == .p95 ? "ms" : "",
            xLabel: "\(try words("historyRun")) #", series: lines, noData: try words("notMeasured"), numbers: plain)
        chart.namesSingleSeries = true
        chart.ticks = history.entries.indices.map { Double($0 + 1) }
        return chart
    }
}
