import Foundation
import Reporting
import TestSupport
import Testing

@Suite(.timed) struct ChartTests {
    private func chart(_ series: [LineChart.Series], unit: String = "ms", language: Language = .english) -> LineChart {
        LineChart(
            title: "Latency", unit: unit, xLabel: "seconds", series: series, noData: "not measured",
            numbers: Numbers(language, plain: true))
    }

    private func series(_ name: String, _ values: [Double?]) -> LineChart.Series {
        LineChart.Series(name: name, points: values.enumerated().map { .init(x: Double($0), y: $1) })
    }

    @Test func theChartsAreAsRecorded() throws {
        let wave = (0..<150).map { index -> Double? in
            (40..<60).contains(index) ? nil : 100 + Double(index % 30) * 5
        }
        var marked = chart([series("p50", wave), series("p95", wave.map { $0.map { $0 * 2 } })])
        marked.mark = (500, "p95 > 500ms for 5s")
        var users = chart([
            .init(name: "p95", points: [50.0, 100, 200, 400, 800, 6400].map { .init(x: $0, y: $0 / 10) })
        ])
        users.xScale = .logarithmic
        users.xLabel = "users"
        var percentiles = chart([
            .init(name: "order", points: [1.0, 2, 10, 100, 1000].map { .init(x: $0, y: 5 + $0) })
        ])
        percentiles.xScale = .logarithmic
        percentiles.xText = { "p\(100 - 100 / $0)" }
        let charts = [
            marked, users,
            chart([series("rate", [0, 0, 0])]),
            chart([series("constant", [7.5, 7.5, 7.5, 7.5])], language: .french),
            chart([series("one", [12_345])], language: .french),
            chart([series("outlier", [Double?](repeating: 1, count: 30) + [9000] + [Double?](repeating: 1, count: 30))]
            ),
            chart([series("below", [-3, 0, 4])], unit: ""),
            chart([series("tiny", [0.000_02, 0.000_01])]), percentiles,
        ]
        try expectGolden(charts.map { $0.text() }.joined(separator: "\n\n") + "\n", "line-charts.txt")
    }

    @Test func barsAreAsRecorded() throws {
        let charts = [
            BarChart(
                title: "Share",
                bars: [
                    .init(name: "store-1", value: 0.5, label: "50%"),
                    .init(name: "store-2", value: 0.001, label: "0.10%"),
                    .init(name: "store-3", value: 0, label: "0%"),
                    .init(name: "store-10", value: nil, label: "not measured"),
                ], full: 1, noData: "not measured"),
            BarChart(title: "Nothing", bars: [.init(name: "a", value: 0, label: "0")], noData: "not measured"),
            BarChart(title: "Unknown", bars: [], noData: "not measured"),
        ]
        try expectGolden(charts.map { $0.text() }.joined(separator: "\n\n") + "\n", "bar-charts.txt")
    }

    @Test func barsFitEightyColumnsWhateverTheirNamesAndValues() {
        let long = String(repeating: "name ", count: 30)
        for value in [nil, 0, 1e-9, 1, 1e12, -3, Double.infinity] {
            let chart = BarChart(
                title: "Share",
                bars: [.init(name: long, value: value, label: long), .init(name: "b", value: 1, label: "")],
                noData: "not measured")
            for line in chart.text().split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        }
    }

    @Test func withoutAValueItSaysSo() {
        #expect(chart([]).text() == "Latency [ms]: not measured")
        #expect(chart([series("a", [nil, nil, .nan, .infinity])]).text() == "Latency [ms]: not measured")
    }

    @Test func onePointIsDrawn() {
        let text = chart([series("a", [5])]).text()
        #expect(text.filter { $0 == "*" }.count == 1)
    }

    @Test func aGapStaysEmpty() {
        let values: [Double?] = (0..<72).map { (20..<40).contains($0) ? nil : 5 }
        let row = chart([series("a", values)]).text().split(separator: "\n").first { $0.contains("***") }
        #expect(row?.contains(String(repeating: " ", count: 18)) == true)
    }

    @Test func zerosLieOnTheAxis() throws {
        let lines = chart([series("a", [0, 0, 0, 0])]).text().split(separator: "\n")
        let index = try #require(lines.firstIndex { $0.contains("*") })
        #expect(lines[index + 1].contains("+--"))
    }

    @Test(arguments: [0, 1, 2, 50, 5000], [1.0, 1e-7, 123_456_789_012.0])
    func noLineIsLongerThanEightyColumns(points: Int, scale: Double) {
        let values = (0..<points).map { Double?(Double($0 % 97) * scale) }
        var chart = chart((0..<12).map { series("series number \($0)", values) })
        chart.title = String(repeating: "a long title ", count: 20)
        chart.mark = (scale, String(repeating: "mark ", count: 40))
        for line in chart.text().split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }

    @Test func ticksStandWhereTheirValuesAreAndHaveRoom() throws {
        var chart = chart([.init(name: "a", points: [100, 1000, 1010, 10_000].map { .init(x: $0, y: 1) })])
        chart.xScale = .logarithmic
        chart.ticks = [100, 1000, 1010, 10_000]
        let lines = chart.text().components(separatedBy: "\n")
        let labels = try #require(lines.firstIndex { $0.contains("10,000") })
        #expect(lines[labels].split(separator: " ") == ["100", "1,000", "10,000"], "1,010 would touch 1,000")
        #expect(lines[labels - 1].contains("- seconds "), "it covers no tick")
        // A power of ten in the middle, below the middle of the rule.
        let rule = Array(lines[labels - 1])
        let marks = rule.indices.filter { rule[$0] == "+" }
        #expect(marks.count == 4 && abs(2 * marks[2] - marks[1] - marks[3]) <= 1)
        let place = lines[labels].distance(
            from: lines[labels].startIndex, to: try #require(lines[labels].firstRange(of: "1,000")?.lowerBound))
        #expect(abs(place + 2 - marks[2]) <= 1)
        #expect(
            chart.svg(tableTitle: "Values").contains(">1,000</text>")
                && !chart.svg(tableTitle: "Values").contains(">1,010</text>"))
        chart.series[0].points = [.init(x: 100, y: 1)]
        #expect(chart.text().contains("100  seconds"))
    }

    @Test func severalPointsOfAColumnAreTheirMeanOrTheirMaximum() {
        let values = (0..<1000).map { Double?($0 % 10 == 0 ? 100 : 0) }
        var chart = chart([series("a", values)])
        #expect(!(chart.text().split(separator: "\n")[1].contains("*")))
        chart.reduction = .maximum
        #expect(chart.text().split(separator: "\n")[1].contains("*"))
    }
}
