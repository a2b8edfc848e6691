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

    /// A figure with its title above and its legend below.
    static func figure(title: String, width: Double, height: Double, content: String, legend: String = "") -> String {
        let escaped = HTML.escaped(title)
        return "<figure class=\"chart\"><figcaption>\(escaped)</figcaption>"
            + "<svg viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\" aria-label=\"\(escaped)\">"
            + content + "</svg>" + (legend.isEmpty ? "" : "<p class=\"legend\">\(legend)</p>") + "</figure>"
    }

    static func key(_ style: String, _ name: String) -> String {
        "<span><svg class=\"key\" viewBox=\"0 0 24 8\" aria-hidden=\"true\">"
            + line(style, x1: 0, y1: 4, x2: 24, y2: 4) + "</svg>\(HTML.escaped(name))</span> "
    }
}
