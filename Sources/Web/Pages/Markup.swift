import Reporting

/// HTML. Only what is written in the source is markup: every text that is put into it is escaped.
struct Markup: ExpressibleByStringInterpolation, Equatable {
    var text: String

    init(stringLiteral value: String) { text = value }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    /// - Parameter html: that was made safe elsewhere, for example a chart.
    init(html: String) { text = html }

    static let none: Markup = ""

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ value: String) { text += HTML.escaped(value) }
        mutating func appendInterpolation(_ value: Int) { text += String(value) }
        mutating func appendInterpolation(_ markup: Markup) { text += markup.text }
        mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { text += part.text } }
    }
}

extension Markup {
    /// A table that can be scrolled sideways where the page is narrow.
    /// - Parameter numeric: columns of numbers, which stand to the right.
    static func table(_ head: [String], _ rows: [[Markup]], numeric: Set<Int> = [], caption: String) -> Markup {
        func cell(_ tag: String, _ column: Int, _ content: Markup) -> Markup {
            let style = numeric.contains(column) ? " class=\"n\"" : ""
            let scope = tag == "th" ? " scope=\"col\"" : ""
            return Markup(html: "<\(tag)\(scope)\(style)>\(content.text)</\(tag)>")
        }
        let headCells = head.enumerated().map { cell("th", $0.offset, "\($0.element)") }
        let body = rows.map { row -> Markup in "<tr>\(row.enumerated().map { cell("td", $0.offset, $0.element) })</tr>"
        }
        return """
            <div class="table" tabindex="0" role="group" aria-label="\(caption)"><table><caption class="unseen">\(caption)</caption>
            <thead><tr>\(headCells)</tr></thead><tbody>\(body)</tbody></table></div>
            """
    }
}
