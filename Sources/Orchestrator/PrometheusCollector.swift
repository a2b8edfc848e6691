import Analysis
import Foundation
package import Model
package import Prometheus

/// Asks Prometheus, after the load, what it saw.
package struct PrometheusCollector {
    private let source: any QuerySource
    private let observations: [Observation]
    private let isOurs: Bool
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - observations: queries of the experiment's own.
    ///   - isOurs: it was started for the measurement, and scrapes the replicas as the job `store`; else its owner named it.
    ///   - clock: by which it waits for a scrape.
    package init(
        source: any QuerySource, observations: [Observation], isOurs: Bool = true,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.source = source
        self.observations = observations
        self.isOurs = isOurs
        self.clock = clock
    }

    /// What Prometheus scrapes of the application: of a Prometheus that is not ours whatever shows one of the metrics, and all
    /// if nothing does.
    package func targets() async -> [ScrapeTarget] {
        let all = (try? await source.targets()) ?? []
        guard !isOurs else { return all.filter { $0.job == "store" } }
        let answer = await source.instant(
            name: "targets", query: #"count by (job, instance) ({__name__=~"\#(PrometheusQueries.metrics)"})"#, at: nil)
        let showing = all.filter { target in
            answer.series.contains { $0.labels["job"] == target.job && $0.labels["instance"] == target.instance }
        }
        return showing.isEmpty ? all : showing
    }

    /// The longest interval from one scrape to the next; nil where it is not known.
    package static func interval(of targets: [ScrapeTarget]) -> Seconds? { targets.compactMap(\.interval).max() }

    /// Waits until all were scraped after an instant: after the load's end, so that the counters are whole. At most for two intervals, and 3 s
    /// at least.
    package func waitForScrape(of targets: [ScrapeTarget], after end: UnixTime) async {
        guard !targets.isEmpty else { return }
        let limit = Duration.seconds(min(Self.longestWait, max(3, 2 * (Self.interval(of: targets) ?? 0))))
        let waited = clock.stopwatch()
        while waited() < limit {
            let answer = await source.instant(
                name: "scraped", query: "count(timestamp(up{\(selector(targets))}) >= \(end))", at: nil)
            if answer.series.first?.points.first?.value == Double(targets.count) { return }
            guard (try? await clock.sleep(for: .milliseconds(50))) != nil else { return }
        }
    }

    private static let longestWait = 120.0

    private func selector(_ targets: [ScrapeTarget]) -> String {
        guard !isOurs else { return #"job="store""# }
        func pattern(_ values: [String]) -> String {
            // Signs that mean something in a regular expression or in a string stand as any sign.
            Set(values).sorted().map { value in
                String(value.map { $0.isLetter || $0.isNumber || "_:/-".contains($0) ? $0 : "." })
            }.joined(separator: "|")
        }
        return #"job=~"\#(pattern(targets.map(\.job)))",instance=~"\#(pattern(targets.map(\.instance)))""#
    }

    /// - Parameters:
    ///   - preflight: before the first request that counters count.
    ///   - began: the load's first moment.
    ///   - ended: its last.
    ///   - scraped: when the last scrape had been waited for.
    package func collect(
        of targets: [ScrapeTarget], preflight: UnixTime, from began: UnixTime, to ended: UnixTime, scraped: UnixTime
    ) async -> [PrometheusAnswer] {
        var answers: [PrometheusAnswer] = []
        // The last point is not before the last scrape.
        let last = preflight + (scraped - preflight).rounded(.up)
        for query in PrometheusQueries.counters {
            answers.append(
                await source.range(name: query.name, query: query.expression, from: preflight, to: last, step: 1))
        }
        let up = "up{\(selector(targets))}"
        answers.append(await source.instant(name: "targets_up", query: up, at: nil))
        if !isOurs { answers.append(await source.instant(name: "up_before", query: up, at: preflight)) }
        for query in PrometheusQueries(interval: Self.interval(of: targets)).ranges {
            answers.append(
                await source.range(name: query.name, query: query.expression, from: began, to: ended, step: 1))
        }
        for observation in observations {
            answers.append(
                await source.range(
                    name: "observation: \(observation.name)", query: observation.query, from: began, to: ended, step: 1)
            )
        }
        return answers
    }

    /// Adds the lab's counters to a measurement, each beside the generator's own count: the requests of the pre-flight and
    /// those of the load.
    /// - Parameter sent: requests of each task in the load.
    package static func compare(in measurement: inout Model.Measurement, tasks: [LoadTask], sent: [Int]) {
        measurement.counters = PrometheusQueries.labCounters.compactMap { counter in
            let matching = tasks.indices.filter { counter.counts(tasks[$0]) }
            guard !matching.isEmpty else { return nil }
            let names = Set(matching.map { tasks[$0].name })
            let all = matching.reduce(0) { $0 + sent[$1] } + measurement.preflight.count { names.contains($0.task) }
            return CounterComparison(
                counter: counter.name, task: names.sorted().joined(separator: ", "),
                prometheus: measurement.rise(of: counter.name + "_values")?.total, generator: all)
        }
    }
}
