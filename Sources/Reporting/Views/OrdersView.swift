import Analysis
import Model

/// Latency against the number of orders, of an experiment that measures several, or several backends.
extension Writer {
    /// The measurements of one backend by their number of orders.
    private struct Line {
        var backend: ReportReads
        var points: [(orders: Int, study: Study)]
        /// The numbers of orders that were not begun.
        var missing: [Int]
    }

    private func lines(_ series: StackSeries, of experiment: Experiment, _ studies: [Study]) -> [Line] {
        series.backends.map { backend in
            var line = Line(backend: backend, points: [], missing: [])
            for variant in experiment.variants where variant.backend == backend {
                let orders = variant.orders ?? 0
                if let study = studies.first(where: { $0.measurement.variant == variant.name }) {
                    line.points.append((study.measurement.dataset?.ordersBefore ?? orders, study))
                } else {
                    line.missing.append(orders)
                }
            }
            return line
        }
    }

    /// - Returns: nil for an experiment with one backend and one number of orders.
    func orders(at index: Int) throws -> View? {
        let experiment = run.experiments[index].experiment
        guard let series = experiment.stack.series, !studies[index].isEmpty else { return nil }
        let lines = lines(series, of: experiment, studies[index])
        var latency = chart(
            "chartLatencyOverOrders", unit: "ms", x: "chartOrders",
            lines.map { line in
                let points = line.points.map { orders, study in
                    LineChart.Point(x: Double(orders), y: study.median.map { $0 * 1000 })
                }
                return (line.backend.rawValue, points)
            })
        latency.namesSingleSeries = true
        return [
            "rows": try lines.flatMap { line in
                try line.points.map { try row($1, backend: line.backend, orders: $0) }
            },
            "charts": series.orders.count > 1 ? [["block": block(latency)]] : [],
            "growth": try lines.map { line in
                let sentence = try words("growthOf", growthValues(line, at: index))
                return ["line": sentence + " " + sources(ofMeasurements: [index])]
            },
        ]
    }

    private func row(_ study: Study, backend: ReportReads, orders: Int) throws -> View {
        let all = study.steps.last?.summary?.all
        return [
            "backend": Markdown.code(backend.rawValue), "orders": numbers.integer(orders),
            "requests": try all.map { numbers.integer($0.requests) } ?? words("notMeasured"),
            "rate": all.map { numbers.short($0.rate) } ?? "–",
            "p50": milliseconds(all?.succeeded.p50), "p95": milliseconds(all?.succeeded.p95),
            "p99": milliseconds(all?.succeeded.p99), "errors": percent(all?.errorRate),
            "origin": study.steps.last.map { source(study, plateauOf: $0.step) } ?? source(study, "steps"),
        ]
    }

    /// What `growthOf` says of a backend: the slope with its interval where one can be told.
    private func growthValues(_ line: Line, at index: Int) -> [String: String] {
        var values = ["backend": Markdown.code(line.backend.rawValue)]
        let experiment = run.experiments[index].experiment
        let again = experiment.stack.series.map { series in
            repetitions[index].flatMap { lines(series, of: experiment, $0) }.filter { $0.backend == line.backend }
        }
        let measured = (line.points + (again ?? []).flatMap(\.points)).compactMap { orders, study in
            // What does not show the application says nothing of how its latency grows.
            study.isValid ? study.median.map { LatencyGrowth.Point(orders: orders, latency: $0) } : nil
        }
        guard let growth = LatencyGrowth(measured) else {
            values["few"] = numbers.integer(Set(measured.map(\.orders)).count)
            return values
        }
        values[growth.isShown ? "slope" : "flat"] = perThousand(growth.slope)
        values["lower"] = perThousand(growth.interval.lowerBound)
        values["upper"] = perThousand(growth.interval.upperBound)
        values["points"] = numbers.integer(growth.points)
        values["determination"] = numbers.decimal(growth.determination, digits: 3)
        return values
    }

    private func perThousand(_ slope: Seconds) -> String {
        // Thousandths of a millisecond per 1,000 orders are nothing, and no sign is due to them.
        let rounded = (slope * 1_000_000_000).rounded() / 1_000_000_000 * 1000
        return latency(rounded == 0 ? 0 : rounded)
    }

    /// The one-sentence answer.
    func ordersAnswer(_ series: StackSeries, at index: Int) throws -> String {
        let experiment = run.experiments[index].experiment
        let parts = try lines(series, of: experiment, studies[index]).map { line in
            var values = growthValues(line, at: index)
            let measured = line.points.compactMap { orders, study in study.median.map { (orders, $0) } }
            if let first = measured.first, let last = measured.last {
                values["first"] = latency(first.1)
                values["firstOrders"] = numbers.integer(first.0)
                if measured.count > 1 {
                    values["last"] = latency(last.1)
                    values["lastOrders"] = numbers.integer(last.0)
                }
            }
            if !line.missing.isEmpty {
                values["missing"] = line.missing.map(numbers.integer).joined(separator: ", ")
            }
            return try words("answerOrdersOf", values)
        }
        return try words("answerOrders", ["backends": parts.joined(separator: separator)])
            + unfinished(studies[index])
    }
}

extension Study {
    /// Of the successes on the last plateau.
    fileprivate var median: Seconds? { steps.last?.summary?.all.succeeded.p50 }

    /// Records of versions that did not judge are taken as they are.
    fileprivate var isValid: Bool { steps.last?.validity.map { $0.verdict == .valid } ?? true }
}
