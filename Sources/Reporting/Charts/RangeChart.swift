/// One row per item, with points on a logarithmic axis of values that all rows share: the steps of a search in order of users,
/// or the limits of several experiments with their intervals. As text it has at most 80 columns.
package struct RangeChart: Sendable {
    package struct Point: Sendable, Equatable {
        package enum Kind: Sendable { case passed, failed }

        package var value: Double
        package var kind: Kind

        package init(_ value: Double, _ kind: Kind = .passed) {
            self.value = value
            self.kind = kind
        }
    }

    package struct Row: Sendable, Equatable {
        package var label: String
        /// Joined by a line.
        package var points: [Point]
        /// Beside the row, one per column of `heads`.
        package var notes: [String]

        package init(label: String, points: [Point], notes: [String]) {
            self.label = label
            self.points = points
            self.notes = notes
        }
    }

    package var title: String
    /// Of the values; may be empty.
    package var unit: String
    /// Above the labels.
    package var labelHead: String
    /// Above the notes.
    package var heads: [String]
    package var rows: [Row]
    /// A value to compare with, drawn as an upright dotted line.
    package var mark: (value: Double, name: String)?
    /// What the two kinds of points mean; none where there is one kind.
    package var legend: (passed: String, failed: String)?
    package var width = 78
    package var style = ChartStyle.ascii
    package var noData: String
    package var numbers: Numbers

    package init(
        title: String, unit: String, labelHead: String, heads: [String], rows: [Row], noData: String, numbers: Numbers
    ) {
        self.title = title
        self.unit = unit
        self.labelHead = labelHead
        self.heads = heads
        self.rows = rows
        self.noData = noData
        self.numbers = numbers
    }

    var heading: String { unit.isEmpty ? title : "\(title) [\(unit)]" }

    /// nil where no row has a value.
    var axis: LogarithmicAxis? {
        LogarithmicAxis(holding: rows.flatMap { $0.points.map(\.value) } + (mark.map { [$0.value] } ?? []))
    }

    package func text() -> String {
        guard let axis, rows.contains(where: { !$0.points.isEmpty }) else { return "\(heading): \(noData)" }
        let labelWidth = min(20, max(labelHead.count, rows.map(\.label.count).max() ?? 0))
        let noteWidths = heads.indices.map { column in
            min(18, max(heads[column].count, rows.map { $0.notes[column].count }.max() ?? 0))
        }
        let columns = max(20, width - labelWidth - 3 - noteWidths.reduce(0) { $0 + $1 + 2 })
        func notes(_ texts: [String]) -> String {
            zip(texts, noteWidths).map { "  " + Self.padded(String($0.prefix($1)), $1) }.joined()
        }
        var lines = [String(heading.prefix(width))]
        lines.append(
            Self.padded(String(labelHead.prefix(labelWidth)), labelWidth) + "  "
                + Self.filled(scale(axis, columns), columns) + notes(heads))
        for row in rows {
            lines.append(
                Self.padded(String(row.label.prefix(labelWidth)), labelWidth) + style.side
                    + String(line(row, axis, columns))
                    + notes(row.notes))
        }
        if let keys { lines.append(String((String(repeating: " ", count: labelWidth + 2) + keys).prefix(width))) }
        return lines.map(Self.oneLine).joined(separator: "\n")
    }

    private var keys: String? {
        var keys: [String] = []
        if let legend { keys += ["\(style.passed) \(legend.passed)", "\(style.failed) \(legend.failed)"] }
        if let mark { keys.append("\(style.upright) \(mark.name)") }
        return keys.isEmpty ? nil : keys.joined(separator: "   ")
    }

    private func line(_ row: Row, _ axis: LogarithmicAxis, _ columns: Int) -> [Character] {
        var line = [Character](repeating: " ", count: columns)
        func column(_ value: Double) -> Int { Int((axis.position(of: value) * Double(columns - 1)).rounded()) }
        let places = row.points.map { column($0.value) }
        if let first = places.min(), let last = places.max(), first < last {
            for place in first...last { line[place] = style.rule }
        }
        if let mark { line[column(mark.value)] = style.upright }
        for (point, place) in zip(row.points, places) {
            let sign: Character = point.kind == .passed ? style.passed : style.failed
            // Where both kinds meet, the one that failed is shown.
            if line[place] != style.failed { line[place] = sign }
        }
        return line
    }

    /// The powers of ten, each right above its column.
    private func scale(_ axis: LogarithmicAxis, _ columns: Int) -> [Character] {
        var line = [Character](repeating: " ", count: columns)
        var free = 0
        for value in axis.labels {
            let label = numbers.exact(value)
            let column = Int((axis.position(of: value) * Double(columns - 1)).rounded())
            let start = max(0, min(columns - label.count, column - label.count / 2))
            guard start >= free, start + label.count <= columns else { continue }
            for (offset, character) in label.enumerated() { line[start + offset] = character }
            free = start + label.count + 1
        }
        return line
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func filled(_ characters: [Character], _ width: Int) -> String {
        String(characters) + String(repeating: " ", count: max(0, width - characters.count))
    }

    private static func oneLine(_ line: String) -> String {
        var line = Substring(String(line.map { $0.isNewline ? " " : $0 }))
        while line.last == " " { line.removeLast() }
        return String(line)
    }
}
