import Analysis
package import Model

/// The comparison of two runs as the body of a page: what `renderComparison` says, then what both measured, in charts over each
/// other.
/// - Throws: `Problem` when the templates lack a word.
package func renderComparisonPage(
    of b: RecordedRun, against a: RecordedRun, language: Language, templates: ReportTemplates
) throws -> String {
    let markdown = try renderComparison(of: b, against: a, language: language, templates: templates)
    let words = try templates.words(of: language)
    let writers = [a, b].map { Writer(StudiedRun($0), language: language, words: words, form: .html) }
    let charts = ComparisonCharts(a: writers[0], b: writers[1])
    return HTMLBlocks.convert(markdown).html + RunComparison(of: b, against: a).pairs.map(charts.html).joined()
}

extension RunComparison {
    /// Experiments that are compared, by A's name and B's.
    fileprivate var pairs: [(String, String)] {
        rows.reduce(into: []) { pairs, row in
            if !pairs.contains(where: { $0.0 == row.experiment }) { pairs.append((row.experiment, row.other)) }
        }
    }
}

/// Two runs' measurements over each other.
private struct ComparisonCharts {
    let a: Writer
    let b: Writer

    private struct Side {
        /// "A" or "B".
        var name: String
        /// All times that it was measured.
        var studies: [Study]
    }

    func html(_ first: String, _ second: String) -> String {
        let heading = first == second ? first : "\(first) / \(second)"
        let (studiesA, studiesB) = (Self.studies(of: first, in: a), Self.studies(of: second, in: b))
        let variants = studiesA.map(\.measurement.variant).reduce(into: [String?]()) { list, variant in
            if !list.contains(variant) { list.append(variant) }
        }
        let drawn = variants.map { variant -> String in
            let sides = [("A", studiesA), ("B", studiesB)].map { name, studies in
                Side(name: name, studies: studies.filter { $0.measurement.variant == variant })
            }
            guard sides.allSatisfy({ !$0.studies.isEmpty }) else { return "" }
            let title = variant.map { "<h3>\(HTML.escaped($0))</h3>" } ?? ""
            return title + charts(sides).joined()
        }.joined()
        return drawn.isEmpty ? "" : "<h2>\(HTML.escaped(heading))</h2>\n\(drawn)\n"
    }

    private static func studies(of experiment: String, in writer: Writer) -> [Study] {
        guard let index = writer.run.experiments.firstIndex(where: { $0.experiment.name == experiment }) else {
            return []
        }
        return writer.studies[index] + writer.repetitions[index].joined()
    }

    private func charts(_ sides: [Side]) -> [String] {
        let isSearch = sides.allSatisfy { side in
            side.studies.contains { study in
                !study.isOpen && Set(study.steps.filter { $0.summary != nil }.map(\.step.users)).count > 1
            }
        }
        let values = a.text("chartValues")
        let lines = isSearch ? overUsers(sides) : overTime(sides)
        let found = limits(sides).map { [$0.svg(tableTitle: values)] } ?? []
        return found + lines.map { $0.svg(tableTitle: values) }
    }

    /// The limits with their intervals, one row for each time.
    private func limits(_ sides: [Side]) -> RangeChart? {
        let rows = sides.flatMap { side in
            side.studies.compactMap { study -> RangeChart.Row? in
                guard let answer = study.answer, let range = answer.range else { return nil }
                return RangeChart.Row(
                    label: side.name, points: range.map { RangeChart.Point($0) }, notes: [answer.figureText(a.plain)])
            }
        }
        guard rows.count > 1 else { return nil }
        return RangeChart(
            title: a.text("chartLimits"), unit: a.text("tableUsers"), labelHead: "", heads: [a.text("tableLimit")],
            rows: rows, noData: a.text("notMeasured"), numbers: a.plain)
    }

    /// Of each number of users the mean of its plateaus.
    private func overUsers(_ sides: [Side]) -> [LineChart] {
        func series(_ value: (PlateauSummary) -> Double?) -> [(name: String, points: [LineChart.Point])] {
            sides.map { side in
                let steps = side.studies.flatMap(\.steps).filter { $0.summary != nil }
                let levels = Dictionary(grouping: steps, by: \.step.users).sorted { $0.key < $1.key }
                return (
                    side.name,
                    levels.map { users, steps in
                        let known = steps.compactMap { $0.summary.flatMap(value) }
                        let mean = known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
                        return LineChart.Point(x: Double(users), y: mean)
                    }
                )
            }
        }
        var latency = a.chart(
            "compareLatencyOverUsers", unit: "ms", x: "chartUsers",
            series { $0.all.succeeded.p95.map { $0 * 1000 } })
        latency.yScale = .logarithmic
        let rate = a.chart("compareRateOverUsers", unit: "1/s", x: "chartUsers", series { $0.all.rate })
        return [latency, rate]
    }

    /// The first time of each.
    private func overTime(_ sides: [Side]) -> [LineChart] {
        let firsts = sides.compactMap { side in side.studies.first.map { (side.name, $0) } }
        var latency = a.chart(
            "compareLatencyOverTime", unit: "ms", x: "chartSeconds",
            firsts.map { name, study in
                (
                    name,
                    zip(study.recorded.samples, study.latencies).map { sample, latencies in
                        LineChart.Point(x: Double(sample.second), y: latencies.percentile(95).map { $0 * 1000 })
                    }
                )
            })
        latency.yScale = .logarithmic
        let rate = a.chart(
            "compareRateOverTime", unit: "1/s", x: "chartSeconds",
            firsts.map { name, study in
                (
                    name,
                    study.recorded.samples.map { sample in
                        let ended = sample.tasks.reduce(0) { $0 + $1.succeeded.count + $1.failed.count }
                        return LineChart.Point(x: Double(sample.second), y: Double(ended))
                    }
                )
            })
        return [latency, rate]
    }
}
