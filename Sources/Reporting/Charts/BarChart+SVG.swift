extension BarChart {
    private static let rowHeight = 26.0
    private static let page = (width: 440.0, left: 110.0, right: 360.0)

    /// Every value stands beside its bar already.
    package func svg(tableTitle: String? = nil) -> String {
        guard bars.contains(where: { $0.value != nil }) else {
            return "<p class=\"missing\">\(HTML.escaped("\(title): \(noData)"))</p>"
        }
        let rows = zip(bars, shares()).enumerated().map { index, row in
            let (bar, share) = row
            let top = Double(index) * Self.rowHeight
            let length = share * (Self.page.right - Self.page.left)
            let name = bar.name.count > 16 ? bar.name.prefix(15) + "…" : bar.name
            return SVG.text(name, x: Self.page.left - 6, y: top + 17, anchor: "end")
                + SVG.rectangle(
                    "bar", x: Self.page.left, y: top + 4, width: share > 0 ? max(1, length) : 0,
                    height: Self.rowHeight - 8, title: "\(bar.name): \(bar.label)")
                + SVG.text(bar.label, x: Self.page.left + length + 6, y: top + 17)
        }
        return SVG.figure(
            title: title, width: Self.page.width, height: Double(bars.count) * Self.rowHeight, content: rows.joined())
    }
}
