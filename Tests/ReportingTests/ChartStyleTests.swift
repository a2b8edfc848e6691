import Foundation
import Model
import Reporting
import TestSupport
import Testing

@Suite(.timed) struct ChartStyleTests {
    private func chart(_ series: [[Double]], _ style: ChartStyle) -> LineChart {
        var chart = LineChart(
            title: "Latency", unit: "ms", xLabel: "seconds",
            series: series.enumerated().map { index, values in
                LineChart.Series(
                    name: "s\(index)", points: values.enumerated().map { .init(x: Double($0), y: $1) })
            }, noData: "not measured", numbers: Numbers(.english, plain: true))
        chart.rows = 4
        chart.style = style
        return chart
    }

    private let wave = (0..<160).map { 4 + 4 * Double($0 % 40) / 39 }

    @Test func chartsInOtherCharactersAreAsRecorded() throws {
        var texts: [String] = []
        for style in ChartStyle.allCases {
            var marked = chart([wave, wave.map { $0 / 2 }], style)
            marked.mark = (6, "p95 > 6ms for 5s")
            marked.ticks = [0, 40, 80, 120]
            var stack = ChartStack([chart([wave], .ascii), chart([wave.reversed()], .ascii)])
            stack.style = style
            var bars = BarChart(
                title: "Share",
                bars: [
                    .init(name: "store-1", value: 0.5, label: "50%"),
                    .init(name: "store-2", value: 0.001, label: "0.10%"),
                    .init(name: "store-3", value: 0, label: "0%"),
                ], full: 1, noData: "not measured")
            bars.style = style
            var ladder = RangeChart(
                title: "p95", unit: "ms", labelHead: "users", heads: ["passed"],
                rows: [
                    .init(label: "100", points: [.init(20), .init(70)], notes: ["2/2"]),
                    .init(label: "200", points: [.init(400), .init(900, .failed)], notes: ["1/2"]),
                ], noData: "not measured", numbers: Numbers(.english, plain: true))
            ladder.mark = (500, "p95 > 500ms for 5s")
            ladder.legend = ("passed", "failed")
            ladder.style = style
            texts += [chart([wave], style).text(), marked.text(), stack.text(), bars.text(), ladder.text()]
        }
        try expectGolden(texts.joined(separator: "\n\n") + "\n", "chart-styles.txt")
    }

    /// The area of a block chart and the dots of a braille chart are where the values are.
    @Test func finePartsStandForTheValues() {
        let rising = (0..<72).map { Double($0) / 71 * 8 }
        func rows(_ style: ChartStyle) -> [[Character]] {
            chart([rising], style).text().split(separator: "\n").dropFirst().prefix(4).map { line in
                Array(line.drop { $0 != "│" }.dropFirst())
            }
        }
        let blocks = rows(.block)
        #expect(blocks[0].last == "█" && blocks[3].first == "▁" && blocks[3].filter { $0 == "█" }.count > 50)
        #expect(blocks[0].filter { $0 != " " }.count < 20)
        let braille = rows(.braille).joined().filter { $0 != " " }
        #expect(braille.allSatisfy { $0.unicodeScalars.allSatisfy { (0x2801...0x28FF).contains($0.value) } })
        #expect(rows(.braille)[0].last?.unicodeScalars.first.map { $0.value & 0x09 != 0 } == true)
        #expect(rows(.braille)[3].first?.unicodeScalars.first.map { $0.value & 0x40 != 0 } == true)
    }

    @Test(arguments: ChartStyle.allCases) func everyStyleFitsEightyColumnsAndSaysTheSame(style: ChartStyle) throws {
        let ascii = try Rendered.lab(.report, .english)
        let text = try renderReport(Rendered.lab, language: .english, templates: repositoryTemplates(), charts: style)
        #expect((text == ascii) == (style == .ascii))
        var isFenced = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("```") { isFenced.toggle() }
            if isFenced { #expect(line.count <= 80, "\(line)") }
        }
        let check = ReportCheck(report: text, expected: ascii)
        #expect(!check.differences.contains { !$0.isWording })
    }
}
