/// A chart that is drawn as text in Markdown and as SVG on a page, from the same values.
protocol Drawing {
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
        var chart = chart
        chart.style = charts
        return form.block(chart, tableTitle: text("chartValues"))
    }
}
