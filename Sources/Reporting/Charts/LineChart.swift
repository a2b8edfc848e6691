/// Series against a common x axis, as text of at most 80 columns.
package struct LineChart: Sendable {
    package struct Point: Sendable, Equatable {
        package var x: Double
        /// nil leaves a gap.
        package var y: Double?

        package init(x: Double, y: Double?) {
            self.x = x
            self.y = y
        }
    }

    package struct Series: Sendable, Equatable {
        package var name: String
        package var points: [Point]

        package init(name: String, points: [Point]) {
            self.name = name
            self.points = points
        }
    }

    /// What stands for points that share a column.
    package enum Reduction: Sendable { case mean, maximum }

    package enum Scale: Sendable { case linear, logarithmic }

    /// A stretch of the x axis with a name, for example a step of a search.
    package struct Stretch: Sendable, Equatable {
        package var from: Double
        package var to: Double
        package var name: String

        package init(from: Double, to: Double, name: String) {
            self.from = from
            self.to = to
            self.name = name
        }
    }

    package var title: String
    /// Unit of the y values; may be empty.
    package var unit: String
    package var xLabel: String
    package var series: [Series]
    /// A value to compare with, drawn as a dotted line.
    package var mark: (value: Double, name: String)?
    package var reduction = Reduction.mean
    package var xScale = Scale.linear
    /// On a logarithmic scale what is not positive is drawn at the lower end.
    package var yScale = Scale.linear
    /// Shown below the x axis, in order, where there is room for their names.
    package var stretches: [Stretch] = []
    package var stretchesName = ""
    /// What is written for an x; nil for the number itself.
    package var xText: (@Sendable (Double) -> String)?
    /// Where the x axis is labelled, as far as there is room; at its two ends alone where there are none.
    package var ticks: [Double] = []
    package var rows = 9
    /// Name a single series too.
    package var namesSingleSeries = false
    package var width = 78
    package var style = ChartStyle.ascii
    /// The text in place of the chart when no series has a value.
    package var noData: String
    package var numbers: Numbers

    package init(
        title: String, unit: String, xLabel: String, series: [Series], noData: String, numbers: Numbers
    ) {
        self.title = title
        self.unit = unit
        self.xLabel = xLabel
        self.series = series
        self.noData = noData
        self.numbers = numbers
    }

    static let mostSeries = 8

    /// The chart's lines, without spaces at their ends. With several series, a column where two meet shows the first's sign.
    package func text() -> String {
        guard let plot = Plot(self) else { return missing }
        let indent = String(repeating: " ", count: plot.labelWidth + 1)
        let below = (xAxis(plot.bounds, columns: plot.columns) + ruler(plot.bounds, columns: plot.columns))
            .map { clipped(indent + $0) }
        return ([clipped(heading)] + rows(plot) + below + legend(labelWidth: plot.labelWidth)).map(Self.trimmed)
            .joined(separator: "\n")
    }

    /// What a chart as text is drawn in.
    struct Plot {
        let drawn: [[Point]]
        let axis: ValueAxis
        /// One per row; empty where a row has none.
        let labels: [String]
        var labelWidth: Int
        var bounds: ClosedRange<Double>
        /// Of the whole chart.
        let width: Int

        var columns: Int { max(10, width - labelWidth - 2) }

        /// nil where no series has a value.
        init?(_ chart: LineChart) {
            drawn = chart.series.prefix(LineChart.mostSeries).map(chart.finite)
            let values = drawn.flatMap { $0.compactMap(\.y) }
            guard !values.isEmpty else { return nil }
            axis = chart.yAxis(holding: values)
            labels = chart.yLabels(axis)
            labelWidth = labels.map(\.count).max() ?? 0
            bounds = chart.xBounds(drawn)
            width = chart.width
        }
    }

    var heading: String { unit.isEmpty ? title : "\(title) [\(unit)]" }

    /// In place of a chart without values.
    var missing: String { clipped("\(heading): \(noData)") }

    /// The rows between the heading and the x axis.
    func rows(_ plot: Plot) -> [String] {
        var grid = [[Character]](repeating: [Character](repeating: " ", count: plot.columns), count: rows)
        if let mark {
            let row = row(of: mark.value, plot.axis)
            for column in stride(from: 0, to: plot.columns, by: 2) { grid[row][column] = style.mark }
        }
        for (index, points) in plot.drawn.enumerated().reversed() {
            if index == 0, style.drawsFirstFinely(of: plot.drawn.count) {
                let parts = style == .braille ? 2 : 1
                let reduced = reduced(points, columns: plot.columns * parts, bounds: plot.bounds)
                let heights = Dictionary(uniqueKeysWithValues: reduced.map { ($0.0, plot.axis.position(of: $0.1)) })
                for cell in fine(heights, rows: rows) { grid[cell.row][cell.column] = cell.sign }
                continue
            }
            for (column, value) in reduced(points, columns: plot.columns, bounds: plot.bounds) {
                grid[row(of: value, plot.axis)][column] = style.signs[index]
            }
        }
        return zip(plot.labels, grid).map { padded($0, plot.labelWidth) + style.side + String($1) }
    }

    func finite(_ series: Series) -> [Point] {
        series.points.filter { $0.x.isFinite }.map { point in
            Point(x: point.x, y: point.y.flatMap { $0.isFinite ? $0 : nil })
        }
    }

    private func row(of value: Double, _ axis: ValueAxis) -> Int {
        rows - 1 - Int((axis.position(of: value) * Double(rows - 1)).rounded())
    }

    /// Holds the values and the mark.
    func yAxis(holding values: [Double]) -> ValueAxis {
        let all = values + (mark.map { [$0.value] } ?? [])
        if yScale == .logarithmic, let axis = LogarithmicAxis(holding: all) { return .logarithmic(axis) }
        return .linear(Axis(holding: all))
    }

    /// One per row; empty where a row has none.
    func yLabels(_ axis: ValueAxis) -> [String] {
        var labels = [String](repeating: "", count: rows)
        for (value, label) in axis.marks(numbers, middle: !rows.isMultiple(of: 2)) {
            let row = row(of: value, axis)
            if labels[row].isEmpty { labels[row] = label }
        }
        return labels
    }

    func scaled(_ x: Double) -> Double {
        switch xScale {
        case .linear: x
        case .logarithmic: Self.logarithm(max(1, x))
        }
    }

    func xBounds(_ series: [[Point]]) -> ClosedRange<Double> {
        let all = series.flatMap { $0.map(\.x) }
        let low = all.min() ?? 0
        return low...max(low, all.max() ?? 0)
    }

    private func reduced(_ points: [Point], columns: Int, bounds: ClosedRange<Double>) -> [(Int, Double)] {
        var values: [Int: (sum: Double, count: Int, highest: Double)] = [:]
        let (low, high) = (scaled(bounds.lowerBound), scaled(bounds.upperBound))
        for point in points {
            guard let y = point.y else { continue }
            let share = high > low ? (scaled(point.x) - low) / (high - low) : 0
            let column = Int((share * Double(columns - 1)).rounded())
            let value = values[column] ?? (0, 0, -.infinity)
            values[column] = (value.sum + y, value.count + 1, max(value.highest, y))
        }
        return values.sorted { $0.key < $1.key }.map { column, value in
            (column, reduction == .mean ? value.sum / Double(value.count) : value.highest)
        }
    }

    func xNumber(_ value: Double) -> String {
        xText?(value) ?? numbers.decimal(value, digits: value == value.rounded() ? 0 : 1)
    }

    /// What each sign stands for; none where there is one series alone, which the title names.
    var keys: [String] {
        let signs = style.drawsFirstFinely(of: series.count) && style == .block ? ["█"] : style.signs
        var entries = zip(signs, series).map { "\($0) \($1.name)" }
        if series.count > Self.mostSeries { entries.append("(+ \(series.count - Self.mostSeries))") }
        if let mark { entries.append("\(style.mark) \(style.mark) \(mark.name)") }
        return entries.count > 1 || mark != nil || namesSingleSeries ? entries : []
    }

    func legend(labelWidth: Int) -> [String] {
        guard !keys.isEmpty else { return [] }
        let indent = String(repeating: " ", count: labelWidth + 2)
        var lines: [String] = []
        var line = ""
        for entry in keys {
            if !line.isEmpty, indent.count + line.count + 3 + entry.count > width {
                lines.append(clipped(indent + line))
                line = ""
            }
            line += line.isEmpty ? entry : "   " + entry
        }
        return lines + [clipped(indent + line)]
    }

    private func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    func clipped(_ line: String) -> String {
        let line = line.count > width ? line.prefix(width - 1) + "…" : line
        return line.contains(where: \.isNewline) ? String(line.map { $0.isNewline ? " " : $0 }) : line
    }

    static func trimmed(_ line: String) -> String {
        var line = Substring(line)
        while line.last == " " { line.removeLast() }
        return String(line)
    }

    /// Base 2, from the number's own exponent and a short series: the same digits on every machine.
    static func logarithm(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return 0 }
        // ln m = 2 artanh((m − 1) / (m + 1)), for 1 ≤ m < 2.
        let m = value.significand
        let t = (m - 1) / (m + 1)
        var (term, sum) = (t, 0.0)
        for odd in stride(from: 1.0, through: 29, by: 2) {
            sum += term / odd
            term *= t * t
        }
        return Double(value.exponent) + 2 * sum / 0.693_147_180_559_945_3
    }
}
