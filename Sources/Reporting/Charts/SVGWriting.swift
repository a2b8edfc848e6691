/// The elements that charts are made of.
enum SVG {
    /// A coordinate to a tenth: the same digits on every machine.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let tenths = Int((max(-1e6, min(1e6, value)) * 10).rounded())
        let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
        return (tenths < 0 ? "-" : "") + "\(whole)" + (rest == 0 ? "" : ".\(rest)")
    }

    static func text(_ text: String, x: Double, y: Double, anchor: String = "start") -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\">\(HTML.escaped(text))</text>"
    }

    static func line(_ style: String, x1: Double, y1: Double, x2: Double, y2: Double) -> String {
        "<line class=\"\(style)\" x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\"/>"
    }

    /// - Parameter title: shown while the pointer is on it.
    static func rectangle(
        _ style: String, x: Double, y: Double, width: Double, height: Double, title: String
    ) -> String {
        "<rect class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" "
            + "height=\"\(number(height))\"><title>\(HTML.escaped(title))</title></rect>"
    }

    /// A figure with its title above, its legend below and the values behind it.
    static func figure(
        title: String, width: Double, height: Double, content: String, legend: String = "", table: String = ""
    ) -> String {
        let escaped = HTML.escaped(title)
        return "<figure class=\"chart\"><figcaption>\(escaped)</figcaption>"
            + "<svg viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\" aria-label=\"\(escaped)\">"
            + content + "</svg>" + (legend.isEmpty ? "" : "<p class=\"legend\">\(legend)</p>") + table + "</figure>"
    }

    /// The values of a chart, folded: for those who cannot point at it.
    /// - Parameters:
    ///   - title: what is clicked on; without it there is no table.
    ///   - caption: of which chart.
    static func table(title: String?, caption: String, head: [String], rows: [[String]]) -> String {
        guard let title, !rows.isEmpty else { return "" }
        func cell(_ text: String) -> String { HTML.escaped(text) }
        let heads = head.map { "<th scope=\"col\">\(cell($0))</th>" }.joined()
        let body = rows.map { row in
            "<tr>"
                + row.enumerated().map { $0 == 0 ? "<th scope=\"row\">\(cell($1))</th>" : "<td>\(cell($1))</td>" }
                .joined()
                + "</tr>"
        }.joined()
        return
            "<details class=\"values\"><summary>\(cell(title))</summary><table tabindex=\"0\"><caption>\(cell(caption))</caption>"
            + "<thead><tr>\(heads)</tr></thead><tbody>\(body)</tbody></table></details>"
    }

    static func key(_ style: String, _ name: String) -> String {
        "<span><svg class=\"key\" viewBox=\"0 0 24 8\" aria-hidden=\"true\">"
            + line(style, x1: 0, y1: 4, x2: 24, y2: 4) + "</svg>\(HTML.escaped(name))</span> "
    }
}
