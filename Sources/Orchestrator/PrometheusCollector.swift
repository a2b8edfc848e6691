import Foundation
package import Model
package import Prometheus

/// Asks Prometheus, after the load, what it saw.
package struct PrometheusCollector {
    private let source: any QuerySource
    private let observations: [Observation]
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - observations: queries of the experiment's own.
    ///   - clock: by which it waits for a scrape.
    package init(source: any QuerySource, observations: [Observation], clock: any Clock<Duration> = ContinuousClock()) {
        self.source = source
        self.observations = observations
        self.clock = clock
    }

    /// Waits until every replica was scraped after the load's end, so that the counters are whole; at most 3 s.
    package func waitForScrape(after end: UnixTime, replicas: Int) async {
        let waited = clock.stopwatch()
        while waited() < .seconds(3) {
            let answer = await source.instant(
                name: "scraped", query: #"count(timestamp(up{job="store"}) >= \#(end))"#, at: nil)
            if answer.series.first?.points.first?.value == Double(replicas) { return }
            guard (try? await clock.sleep(for: .milliseconds(50))) != nil else { return }
        }
    }

    /// - Parameters:
    ///   - began: the load's first moment.
    ///   - ended: its last.
    package func collect(from began: UnixTime, to ended: UnixTime) async -> [PrometheusAnswer] {
        var answers: [PrometheusAnswer] = []
        let counters = PrometheusQueries.counters.flatMap { [$0.before(began), $0.after] }
        for query in counters + PrometheusQueries.instants {
            answers.append(await source.instant(name: query.name, query: query.expression, at: nil))
        }
        for query in PrometheusQueries.ranges {
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

    /// The lab's counters beside the generator's own counts. A counter starts at 0 with its process, so what it shows at
    /// the end are all requests: those of the pre-flight and those of the load.
    package static func compare(
        _ answers: [PrometheusAnswer], tasks: [LoadTask], samples: [Int], preflight: [PreflightResult]
    ) -> [CounterComparison] {
        PrometheusQueries.labCounters.compactMap { counter in
            let matching = tasks.indices.filter { counter.counts(tasks[$0]) }
            guard !matching.isEmpty else { return nil }
            let names = Set(matching.map { tasks[$0].name })
            let sent = matching.reduce(0) { $0 + samples[$1] } + preflight.count { names.contains($0.task) }
            let answer = answers.first { $0.name == counter.name + "_after" }
            let values = answer?.series.compactMap { $0.points.last?.value } ?? []
            return CounterComparison(
                counter: counter.name, task: names.sorted().joined(separator: ", "),
                prometheus: values.isEmpty ? nil : values.reduce(0, +), generator: sent)
        }
    }
}
