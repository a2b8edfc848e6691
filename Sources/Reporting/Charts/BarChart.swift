/// One horizontal bar per value, as text of at most 80 columns.
package struct BarChart: Sendable {
    package struct Bar: Sendable, Equatable {
        package var name: String
        /// Length of the bar; nil where it was not measured.
        package var value: Double?
        /// Written behind the bar.
        package var label: String

        package init(name: String, value: Double?, label: String) {
            self.name = name
            self.value = value
            self.label = label
        }
    }

    package var title: String
    package var bars: [Bar]
    /// The value of a full bar; nil for the largest.
    package var full: Double?
    package var width = 78
    package var style = ChartStyle.ascii
    package var noData: String

    package init(title: String, bars: [Bar], full: Double? = nil, noData: String) {
        self.title = title
        self.bars = bars
        self.full = full
        self.noData = noData
    }

    package func text() -> String {
        guard bars.contains(where: { $0.value != nil }) else { return "\(title): \(noData)" }
        let nameWidth = min(24, bars.map(\.name.count).max() ?? 0)
        let labelWidth = min(24, bars.map(\.label.count).max() ?? 0)
        let room = max(10, width - nameWidth - labelWidth - 4)
        let lines = zip(bars, shares()).map { bar, share in
            let name = String(bar.name.prefix(nameWidth))
            let line =
                name + String(repeating: " ", count: nameWidth - name.count) + style.side
                + style.bar(share * Double(room)) + " " + bar.label.prefix(labelWidth)
            return line
        }
        return ([title] + lines).map { line in String(line.map { $0.isNewline ? " " : $0 }) }.joined(separator: "\n")
    }

    /// Length of each bar as a share of a full one.
    func shares() -> [Double] {
        let largest = bars.compactMap(\.value).filter(\.isFinite).max() ?? 0
        let full = max(full ?? largest, largest)
        return bars.map { bar in
            let value = bar.value ?? 0
            return full > 0 && value.isFinite ? max(0, value / full) : 0
        }
    }
}
