/// A chart that is drawn as text in Markdown and as SVG on a page, from the same values.
protocol Drawing: Sendable {
    /// Of the text.
    var style: ChartStyle { get set }
    /// Lines of at most 80 columns.
    func text() -> String
    /// A `figure` element; its colours and sizes are the page's style.
    /// - Parameter tableTitle: of the folded table of its values; nil for none.
    func svg(tableTitle: String?) -> String
}

extension LineChart: Drawing {}
extension BarChart: Drawing {}
extension RangeChart: Drawing {}

/// How a report is laid out.
enum ReportForm: Sendable {
    case markdown, html
}

extension ReportForm {
    /// A chart as a block of Markdown. On a page it is an SVG, which the block carries through the Markdown.
    /// - Parameter tableTitle: of the table of its values, which a page has.
    func block(_ chart: some Drawing, tableTitle: String) -> String {
        switch self {
        case .markdown: Markdown.fenced(chart.text())
        case .html: Markdown.fenced(chart.svg(tableTitle: tableTitle), language: HTMLBlocks.drawing)
        }
    }
}

extension Writer {
    func block(_ chart: some Drawing) -> String {
        let title = text("chartValues")
        return formed { form, style in
            var chart = chart
            chart.style = style
            return form.block(chart, tableTitle: title)
        }
    }

    /// A text that differs by the form of the report; it stands on a line of its own.
    func formed(_ part: @escaping FormedParts.Part) -> String { parts?.place(for: part) ?? part(form, .ascii) }
}
