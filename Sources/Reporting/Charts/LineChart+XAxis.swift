extension LineChart {
    struct Tick: Equatable {
        var x: Double
        var label: String
        /// The column of its value.
        var column: Int
        /// The column in which its label begins.
        var start: Int
    }

    /// Labels round seconds on an axis that counts the seconds of a load.
    package mutating func tickRoundSeconds() {
        let last = series.flatMap { $0.points.map(\.x) }.max() ?? 0
        let step = [1.0, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200].first { last / $0 <= 8 } ?? last
        if step > 0, last >= step { ticks = stride(from: 0, through: last - step / 2, by: step).map { $0 } }
    }

    /// The axis with its numbers and its name, without the room for the y axis's numbers.
    func xAxis(_ bounds: ClosedRange<Double>, columns: Int) -> [String] {
        var rule = [Character](repeating: style.rule, count: columns)
        guard bounds.upperBound > bounds.lowerBound else {
            return [style.corner + String(rule), " \(xNumber(bounds.lowerBound))  \(xLabel)"]
        }
        guard ticks.isEmpty else {
            var labels = [Character](repeating: " ", count: columns)
            for tick in placedTicks(bounds, columns: columns) {
                rule[tick.column] = style.tick
                for (offset, character) in tick.label.enumerated() { labels[tick.start + offset] = character }
            }
            let name = " \(xLabel) "
            if !xLabel.isEmpty, let start = place(of: name, on: rule) {
                for (offset, character) in name.enumerated() { rule[start + offset] = character }
            }
            return [style.corner + String(rule), " " + String(labels)]
        }
        let (left, right) = (xNumber(bounds.lowerBound), xNumber(bounds.upperBound))
        let room = columns - left.count - right.count
        let middle = String(xLabel.prefix(max(0, room - 2)))
        let before = (room - middle.count) / 2
        return [
            style.corner + String(rule),
            " " + left + String(repeating: " ", count: max(1, before)) + middle
                + String(repeating: " ", count: max(1, room - middle.count - before)) + right,
        ]
    }

    /// Where the axis's name stands on its rule: as near the middle as it covers no tick; in the middle, where it always does,
    /// since the numbers stand below all the same. nil where it has no room.
    private func place(of name: String, on rule: [Character]) -> Int? {
        let middle = (rule.count - name.count) / 2
        guard middle >= 0 else { return nil }
        let free = (0...rule.count - name.count).filter { start in
            rule[start..<start + name.count].allSatisfy { $0 == style.rule }
        }
        return free.min { (abs($0 - middle), $0) < (abs($1 - middle), $1) } ?? middle
    }

    /// The ticks that have room, each with a free column at either side: the ends first, then from the left.
    func placedTicks(_ bounds: ClosedRange<Double>, columns: Int) -> [Tick] {
        let inner = ticks.filter { bounds.lowerBound < $0 && $0 < bounds.upperBound }.sorted()
        let (low, high) = (scaled(bounds.lowerBound), scaled(bounds.upperBound))
        var placed: [Tick] = []
        for x in [bounds.lowerBound, bounds.upperBound] + inner {
            let label = xNumber(x)
            guard label.count <= columns else { continue }
            let column = Int(((scaled(x) - low) / (high - low) * Double(columns - 1)).rounded())
            let start = max(0, min(columns - label.count, column - label.count / 2))
            let isFree = placed.allSatisfy { other in
                start > other.start + other.label.count || start + label.count < other.start
            }
            if isFree { placed.append(Tick(x: x, label: label, column: column, start: start)) }
        }
        return placed.sorted { $0.column < $1.column }
    }

    /// The names of the stretches, each below its middle; none where no name has room.
    func ruler(_ bounds: ClosedRange<Double>, columns: Int) -> [String] {
        guard !stretches.isEmpty, bounds.upperBound > bounds.lowerBound else { return [] }
        let (low, high) = (scaled(bounds.lowerBound), scaled(bounds.upperBound))
        func column(_ x: Double) -> Int {
            Int(
                ((scaled(min(max(x, bounds.lowerBound), bounds.upperBound)) - low) / (high - low) * Double(columns - 1))
                    .rounded())
        }
        var line = [Character](repeating: " ", count: columns)
        for stretch in stretches {
            let (first, last) = (column(stretch.from), column(stretch.to))
            let start = (first + last - stretch.name.count + 1) / 2
            guard start >= 0, start + stretch.name.count <= columns else { continue }
            let room = max(0, start - 1)..<min(columns, start + stretch.name.count + 1)
            guard line[room].allSatisfy({ $0 == " " }) else { continue }
            for (offset, character) in stretch.name.enumerated() { line[start + offset] = character }
        }
        let names = String(line)
        guard names.contains(where: { $0 != " " }) else { return [] }
        let indent = String(repeating: " ", count: max(0, (columns - stretchesName.count) / 2))
        return [" " + names] + (stretchesName.isEmpty ? [] : [" " + indent + stretchesName])
    }
}
