extension LineChart {
    private static let size = (width: 440.0, height: 196.0)
    private static let plot = (left: 52.0, top: 8.0, right: 434.0, bottom: 160.0)
    /// Characters of a label for which the x axis has room.
    private static let labelColumns = 40
    private static let mostStrips = 60
    private static let mostPoints = 240

    package func svg(tableTitle: String? = nil) -> String {
        let drawn = series.prefix(Self.mostSeries).map(finite)
        let values = drawn.flatMap { $0.compactMap(\.y) }
        guard !values.isEmpty else {
            return "<p class=\"missing\">\(HTML.escaped("\(heading): \(noData)"))</p>"
        }
        let axis = yAxis(holding: values)
        let bounds = xBounds(drawn)
        var content = frame(axis, bounds)
        if let mark {
            let y = height(of: mark.value, axis)
            content += SVG.line("mark", x1: Self.plot.left, y1: y, x2: Self.plot.right, y2: y)
        }
        for (index, points) in drawn.enumerated().reversed() { content += line(points, index, axis, bounds) }
        let columns = shared(drawn, bounds)
        content += strips(columns, bounds)
        return SVG.figure(
            title: heading, width: Self.size.width, height: Self.size.height, content: content,
            legend: svgKeys(drawn.count),
            table: SVG.table(
                title: tableTitle, caption: heading, head: [xLabel] + series.prefix(drawn.count).map(\.name),
                rows: columns.map { column in
                    [xNumber(column.x)] + column.values.map { $0.map(numbers.short) ?? "–" }
                }))
    }

    private func svgKeys(_ count: Int) -> String {
        guard count > 1 || mark != nil || namesSingleSeries else { return "" }
        var keys = series.prefix(count).enumerated().map { SVG.key("s\($0)", $1.name) }.joined()
        if series.count > count { keys += "(+ \(series.count - count)) " }
        if let mark { keys += SVG.key("mark", mark.name) }
        return keys
    }

    private func height(of value: Double, _ axis: ValueAxis) -> Double {
        Self.plot.bottom - axis.position(of: value) * (Self.plot.bottom - Self.plot.top)
    }

    private func place(of x: Double, _ bounds: ClosedRange<Double>) -> Double {
        let (low, high) = (scaled(bounds.lowerBound), scaled(bounds.upperBound))
        return Self.plot.left + (high > low ? (scaled(x) - low) / (high - low) : 0) * (Self.plot.right - Self.plot.left)
    }

    private func frame(_ axis: ValueAxis, _ bounds: ClosedRange<Double>) -> String {
        var frame = shades(bounds)
        for (value, label) in axis.marks(numbers, middle: true) {
            let y = height(of: value, axis)
            frame += SVG.line("grid", x1: Self.plot.left, y1: y, x2: Self.plot.right, y2: y)
            frame += SVG.text(label, x: Self.plot.left - 5, y: y + 4, anchor: "end")
        }
        let below = Self.plot.bottom + 17
        if !ticks.isEmpty, bounds.upperBound > bounds.lowerBound {
            for tick in placedTicks(bounds, columns: Self.labelColumns) {
                let x = place(of: tick.x, bounds)
                let anchor =
                    tick.x == bounds.lowerBound ? "start" : tick.x == bounds.upperBound ? "end" : "middle"
                frame += SVG.line("grid", x1: x, y1: Self.plot.bottom, x2: x, y2: Self.plot.bottom + 4)
                frame += SVG.text(tick.label, x: x, y: Self.plot.bottom + 14, anchor: anchor)
            }
            return frame + SVG.text(xLabel, x: (Self.plot.left + Self.plot.right) / 2, y: below + 14, anchor: "middle")
        }
        frame += SVG.text(xNumber(bounds.lowerBound), x: Self.plot.left, y: below)
        if bounds.upperBound > bounds.lowerBound {
            frame += SVG.text(xNumber(bounds.upperBound), x: Self.plot.right, y: below, anchor: "end")
        }
        return frame + SVG.text(xLabel, x: (Self.plot.left + Self.plot.right) / 2, y: below + 8, anchor: "middle")
    }

    /// The stretches of the x axis, behind everything else.
    private func shades(_ bounds: ClosedRange<Double>) -> String {
        stretches.map { stretch in
            let (from, to) = (
                place(of: max(bounds.lowerBound, stretch.from), bounds),
                place(of: min(bounds.upperBound, stretch.to), bounds)
            )
            return SVG.rectangle(
                "stretch", x: from, y: Self.plot.top, width: max(1, to - from),
                height: Self.plot.bottom - Self.plot.top,
                title: "\(stretchesName) \(stretch.name)")
        }.joined()
    }

    /// A line per part without a gap; a single point is a dot.
    private func line(_ points: [Point], _ index: Int, _ axis: ValueAxis, _ bounds: ClosedRange<Double>) -> String {
        var result = ""
        for stretch in parts(points) {
            let places = thinned(stretch, bounds).map {
                "\(SVG.number(place(of: $0.x, bounds))),\(SVG.number(height(of: $0.y, axis)))"
            }
            result += "<polyline class=\"s\(index)\" points=\"\(places.joined(separator: " "))\"/>"
            if places.count == 1 || points.count <= 20 {
                for point in stretch {
                    result +=
                        "<circle class=\"s\(index)\" cx=\"\(SVG.number(place(of: point.x, bounds)))\" "
                        + "cy=\"\(SVG.number(height(of: point.y, axis)))\" r=\"2.5\"/>"
                }
            }
        }
        return result
    }

    private func parts(_ points: [Point]) -> [[(x: Double, y: Double)]] {
        var stretches: [[(x: Double, y: Double)]] = [[]]
        for point in points {
            if let y = point.y {
                stretches[stretches.count - 1].append((point.x, y))
            } else if stretches.last?.isEmpty == false {
                stretches.append([])
            }
        }
        return stretches.filter { !$0.isEmpty }
    }

    /// Points that would share a column of the page, as one.
    private func thinned(_ stretch: [(x: Double, y: Double)], _ bounds: ClosedRange<Double>) -> [(x: Double, y: Double)]
    {
        guard stretch.count > Self.mostPoints else { return stretch }
        let group = (stretch.count + Self.mostPoints - 1) / Self.mostPoints
        return stride(from: 0, to: stretch.count, by: group).map { start in
            let part = stretch[start..<min(start + group, stretch.count)]
            let ys = part.map(\.y)
            let y = reduction == .mean ? ys.reduce(0, +) / Double(ys.count) : ys.max() ?? 0
            return (part[part.startIndex].x, y)
        }
    }

    /// The values of all series at the same x: at each that they have or, where these are many, per column of the chart, as in
    /// the chart in text.
    private func shared(_ drawn: [[Point]], _ bounds: ClosedRange<Double>) -> [(x: Double, values: [Double?])] {
        var places = Set(drawn.joined().filter { $0.y != nil }.map(\.x)).sorted()
        if places.count > Self.mostStrips {
            let group = (places.count + Self.mostStrips - 1) / Self.mostStrips
            places = stride(from: 0, to: places.count, by: group).map { places[$0] }
        }
        var values = [[[Double]]](
            repeating: [[Double]](repeating: [], count: drawn.count), count: places.count)
        for (index, points) in drawn.enumerated() {
            var strip = 0
            for point in points.sorted(by: { $0.x < $1.x }) {
                guard let y = point.y else { continue }
                while strip + 1 < places.count, places[strip + 1] <= point.x { strip += 1 }
                values[strip][index].append(y)
            }
        }
        return zip(places, values).map { x, values in
            let reduced = values.map { ys -> Double? in
                ys.isEmpty ? nil : reduction == .mean ? ys.reduce(0, +) / Double(ys.count) : ys.max()
            }
            return (x, reduced)
        }
    }

    /// Upright strips that show the values under the pointer.
    private func strips(_ columns: [(x: Double, values: [Double?])], _ bounds: ClosedRange<Double>) -> String {
        columns.indices.map { strip in
            let x = place(of: columns[strip].x, bounds)
            let before = strip == 0 ? Self.plot.left : (place(of: columns[strip - 1].x, bounds) + x) / 2
            let after =
                strip + 1 == columns.count ? Self.plot.right : (place(of: columns[strip + 1].x, bounds) + x) / 2
            let texts = zip(series, columns[strip].values).compactMap { series, value in
                value.map { "\(series.name): \(numbers.short($0))" + (unit.isEmpty ? "" : " \(unit)") }
            }
            return SVG.rectangle(
                "strip", x: before, y: Self.plot.top, width: max(1, after - before),
                height: Self.plot.bottom - Self.plot.top,
                title: "\(xLabel): \(xNumber(columns[strip].x))\n" + texts.joined(separator: "\n"))
        }.joined()
    }
}
