/// Charts over the same x axis, one above the other. As text they share that axis, below the last, and each has its legend
/// beside its title, so that a glance down a column shows what happened at the same time. On a page each stands by itself.
package struct ChartStack: Sendable {
    package var charts: [LineChart]

    package init(_ charts: [LineChart]) { self.charts = charts }

    package var style: ChartStyle {
        get { charts.first?.style ?? .ascii }
        set { for index in charts.indices { charts[index].style = newValue } }
    }

    /// Lines of at most 80 columns; a chart without values is the one line that says so.
    package func text() -> String {
        var plots = charts.map { LineChart.Plot($0) }
        let measured = plots.compactMap(\.self)
        let labelWidth = measured.map(\.labelWidth).max() ?? 0
        let low = measured.map(\.bounds.lowerBound).min() ?? 0
        let high = measured.map(\.bounds.upperBound).max() ?? 0
        for index in plots.indices {
            plots[index]?.labelWidth = labelWidth
            plots[index]?.bounds = low...max(low, high)
        }
        var lines: [String] = []
        for (chart, plot) in zip(charts, plots) {
            guard let plot else {
                lines.append(chart.missing)
                continue
            }
            lines += heading(of: chart, labelWidth: labelWidth) + chart.rows(plot)
        }
        if let index = plots.lastIndex(where: { $0 != nil }), let plot = plots[index] {
            let indent = String(repeating: " ", count: labelWidth + 1)
            lines += charts[index].xAxis(plot.bounds, columns: plot.columns).map { charts[index].clipped(indent + $0) }
        }
        return lines.map(LineChart.trimmed).joined(separator: "\n")
    }

    /// With the legend in the same line, where there is room for it.
    private func heading(of chart: LineChart, labelWidth: Int) -> [String] {
        let whole = ([chart.heading] + chart.keys).joined(separator: "   ")
        return whole.count <= chart.width
            ? [chart.clipped(whole)] : [chart.clipped(chart.heading)] + chart.legend(labelWidth: labelWidth)
    }

    /// The charts' figures, one after the other.
    package func svg(tableTitle: String?) -> String {
        charts.map { $0.svg(tableTitle: tableTitle) }.joined(separator: "\n")
    }
}

extension ChartStack: Drawing {}
