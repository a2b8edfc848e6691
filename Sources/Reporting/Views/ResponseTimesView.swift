import Analysis
import Model

/// Response times per task: how many requests ended within which time, as Gatling shows it, and the percentiles up to the
/// slowest, as Locust does.
extension Writer {
    /// Of a ramp's last plateau, of a search both bounds.
    /// - Returns: nil where nothing was measured.
    func responseTimes(_ study: Study, _ experiment: Experiment) throws -> View? {
        let steps = study.answer.map { [$0.passing, $0.failing].compactMap(\.self) } ?? study.steps.suffix(1)
        let measured = steps.filter { $0.summary != nil }
        guard study.measurement.variant == nil, let first = measured.first else { return nil }
        return [
            // A page has room for it.
            "details": formed { form, _ in form == .html ? "<details open>" : "<details>" },
            "tables": try measured.flatMap { step in
                let requests = try requests(step, study)
                return try [ranges(step, requests, study), percentiles(step, requests, study)]
            },
            "charts": try [percentileChart(first, of: study, experiment)].compactMap(\.self).map {
                ["block": block($0)]
            },
        ]
    }

    /// Half of the time that a criterion allows and the whole of it; Gatling's own bounds where none is about latency. Seconds.
    private func rangeBounds(_ study: Study) -> (Seconds, Seconds) {
        let threshold = study.criteria.first { $0.metric.isLatency }?.threshold
        return threshold.map { ($0 / 2, $0) } ?? (0.8, 1.2)
    }

    private typealias Requests = (task: String, latencies: Distribution, summary: RequestSummary)

    private func ranges(_ step: JudgedStep, _ requests: [Requests], _ study: Study) throws -> View {
        let (lower, upper) = rangeBounds(study)
        let bounds = ["lower": numbers.latency(lower), "upper": numbers.latency(upper)]
        let heads = try ["rangeUnder", "rangeBetween", "rangeOver", "rangeFailed"].map { try words($0, bounds) }
        let rows = requests.map { task, latencies, summary -> View in
            let under = latencies.count(upTo: lower)
            let within = latencies.count(upTo: upper)
            let counts = [under, within - under, latencies.count - within, summary.failed.count]
            let all = counts.reduce(0, +)
            let cells = counts.map { count in
                all > 0 ? "\(numbers.integer(count)) (\(numbers.percent(Double(count) / Double(all))))" : "–"
            }
            return ["line": tableLine([task] + cells, source: source(study, plateauOf: step.step))]
        }
        return try table("rangesOf", step, heads, rows)
    }

    /// Those of Locust's table.
    private static let percentiles: [Double] = [50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 100]

    private func percentiles(_ step: JudgedStep, _ requests: [Requests], _ study: Study) throws -> View {
        let heads = Self.percentiles.map { numbers.exactPercent($0 / 100) }
        let rows = requests.map { task, latencies, _ -> View in
            let cells = Self.percentiles.map { milliseconds(latencies.percentile($0)) }
            return ["line": tableLine([task] + cells, source: source(study, plateauOf: step.step))]
        }
        return try table("percentilesOf", step, heads, rows)
    }

    private func table(_ title: String, _ step: JudgedStep, _ heads: [String], _ rows: [View]) throws -> View {
        [
            "title": try words(title, ["level": try name(of: step.step.level)]),
            "head": tableLine([try words("tableTask")] + heads + [try words("tableNote")]),
            "rule": tableLine(["---"] + heads.map { _ in "--:" } + ["--:"]), "rows": rows,
        ]
    }

    /// All tasks together, then each: its name, the latencies of its successes, and all that is known of its requests.
    private func requests(_ step: JudgedStep, _ study: Study) throws -> [Requests] {
        guard let summary = step.summary else { return [] }
        let plateau = study.recorded.plateau(of: step.step)
        let each = summary.tasks.indices.map { PlateauSummary.latencies(of: $0, samples: plateau) }
        let tasks = zip(summary.tasks, each).map { (Markdown.inline($0.task ?? "–"), $1, $0) }
        let all = (try words("inAll"), Distribution.merged(each), summary.all)
        return tasks.count > 1 ? [all] + tasks : [all]
    }
}

extension Distribution {
    /// How many took no longer than this many seconds.
    func count(upTo latency: Seconds) -> Int {
        let most = latency * 1_000_000
        return buckets.prefix { Double($0.microseconds) <= most }.reduce(0) { $0 + $1.count }
    }
}
