extension RangeChart {
    private static let width = 440.0
    private static let rowHeight = 24.0
    private static let top = 42.0
    /// On a narrow page, where letters are larger.
    private static let characterWidth = 7.6

    package func svg(tableTitle: String? = nil) -> String {
        guard let axis, rows.contains(where: { !$0.points.isEmpty }) else {
            return "<p class=\"missing\">\(HTML.escaped("\(heading): \(noData)"))</p>"
        }
        let labels = rows.map { $0.label.count > 18 ? $0.label.prefix(17) + "…" : $0.label }
        // Heads have a line of their own: that of the labels and the first one may reach over the axis.
        let left = Self.characterWidth * Double(labels.map(\.count).max() ?? 0) + 12
        let isWide = Self.characterWidth * Double(labelHead.count) > left - 8
        let widths = heads.indices.map { column in
            let note = rows.map { $0.notes[column].count }.max() ?? 0
            return Self.characterWidth * Double(column == 0 ? note : max(heads[column].count, note)) + 10
        }
        let right = max(left + 60, Self.width - widths.reduce(0, +) - 16)
        func x(_ value: Double) -> Double { left + axis.position(of: value) * (right - left) }
        let bottom = Self.top + Double(rows.count) * Self.rowHeight
        var content = SVG.text(labelHead, x: isWide ? 0 : left - 8, y: 12, anchor: isWide ? "start" : "end")
        var free = left - 20
        for label in axis.labels {
            content += SVG.line("grid", x1: x(label), y1: Self.top - 6, x2: x(label), y2: bottom)
            let name = numbers.exact(label)
            let half = Self.characterWidth * Double(name.count) / 2
            guard x(label) - half >= free else { continue }
            free = x(label) + half + Self.characterWidth
            content += SVG.text(name, x: x(label), y: Self.top - 12, anchor: "middle")
        }
        var end = right + 12
        for (head, width) in zip(heads, widths) {
            end += width
            content += SVG.text(head, x: min(end, Self.width - 2), y: 12, anchor: "end")
        }
        if let mark {
            content += SVG.line("mark", x1: x(mark.value), y1: Self.top - 6, x2: x(mark.value), y2: bottom)
        }
        for (index, row) in rows.enumerated() {
            let y = Self.top + (Double(index) + 0.5) * Self.rowHeight
            content += SVG.text(labels[index], x: left - 8, y: y + 4, anchor: "end")
            let places = row.points.map { x($0.value) }
            if let first = places.min(), let last = places.max(), first < last {
                content += SVG.line("range", x1: first, y1: y, x2: last, y2: y)
            }
            for (point, place) in zip(row.points, places) { content += dot(point, x: place, y: y) }
            var end = right + 12
            for (note, width) in zip(row.notes, widths) {
                end += width
                content += SVG.text(note, x: min(end, Self.width - 2), y: y + 4, anchor: "end")
            }
        }
        let table = SVG.table(
            title: tableTitle, caption: heading, head: [labelHead, heading] + heads,
            rows: rows.map { row in
                [row.label, row.points.map { numbers.short($0.value) }.joined(separator: " – ")] + row.notes
            })
        return SVG.figure(
            title: heading, width: Self.width, height: bottom + 6, content: content, legend: keysOfPage, table: table)
    }

    private func dot(_ point: Point, x: Double, y: Double) -> String {
        switch point.kind {
        case .passed:
            return "<circle class=\"passed\" cx=\"\(SVG.number(x))\" cy=\"\(SVG.number(y))\" r=\"4\"/>"
        case .failed:
            return SVG.line("failed", x1: x - 4, y1: y - 4, x2: x + 4, y2: y + 4)
                + SVG.line("failed", x1: x - 4, y1: y + 4, x2: x + 4, y2: y - 4)
        }
    }

    private var keysOfPage: String {
        var keys = ""
        if let legend {
            keys += "<span>● \(HTML.escaped(legend.passed))</span> <span>× \(HTML.escaped(legend.failed))</span> "
        }
        if let mark { keys += SVG.key("mark", mark.name) }
        return keys
    }
}
