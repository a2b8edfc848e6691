import Model
import Orchestrator
import Prometheus
import Synchronization
import TestSupport
import Testing

/// A pretended Prometheus, which keeps what it was asked.
private final class FakePrometheus: QuerySource {
    struct Question: Equatable {
        var name: String
        var query: String
        /// nil for a query of one moment.
        var range: ClosedRange<UnixTime>?
    }

    private let asked = Mutex<[Question]>([])
    private let value: @Sendable (_ question: Question, _ number: Int) -> Double?
    private let scraped: [ScrapeTarget]
    private let labels: [String: String]

    var questions: [Question] { asked.withLock { $0 } }

    /// - Parameter value: the answer to a question, of which so many came before; nil for none.
    init(
        scraped: [ScrapeTarget] = [], labels: [String: String] = [:],
        _ value: @escaping @Sendable (_ question: Question, _ number: Int) -> Double?
    ) {
        self.value = value
        self.scraped = scraped
        self.labels = labels
    }

    func targets() async throws(Problem) -> [ScrapeTarget] { scraped }

    func instant(name: String, query: String, at time: UnixTime?) async -> PrometheusAnswer {
        answer(Question(name: name, query: query), .instant(at: time ?? 0))
    }

    func range(name: String, query: String, from: UnixTime, to: UnixTime, step: Seconds) async -> PrometheusAnswer {
        answer(Question(name: name, query: query, range: from...to), .range(from: from, to: to, step: step))
    }

    private func answer(_ question: Question, _ kind: PrometheusAnswer.Kind) -> PrometheusAnswer {
        let number = asked.withLock { asked in
            asked.append(question)
            return asked.count - 1
        }
        guard let value = value(question, number) else {
            return PrometheusAnswer(name: question.name, query: question.query, kind: kind, series: [], error: "gone")
        }
        let series = PrometheusSeries(labels: labels, points: [PrometheusPoint(time: 0, value: value)])
        return PrometheusAnswer(name: question.name, query: question.query, kind: kind, series: [series])
    }
}

@Suite(.timed) struct PrometheusCollectorTests {
    private static let tasks = [
        LoadTask(name: "order", weight: 1, method: .post, path: "/orders", expect: Check()),
        LoadTask(name: "best", weight: 1, method: .get, path: "/orders/reports/best-sellers", expect: Check()),
        LoadTask(name: "sold", weight: 1, method: .get, path: "/orders/reports/best-sellers", expect: Check()),
    ]

    private static func target(_ job: String, _ instance: String, _ interval: Seconds? = 1) -> ScrapeTarget {
        ScrapeTarget(labels: ["job": job, "instance": instance], health: .up, interval: interval)
    }

    private static let replicas = [target("store", "a:1"), target("store", "b:1")]

    @Test func everyQueryIsAskedOnce() async throws {
        let prometheus = FakePrometheus { _, _ in 1 }
        let collector = PrometheusCollector(
            source: prometheus, observations: [Observation(name: "threads", query: "sum(threads)")])
        let answers = await collector.collect(
            of: Self.replicas, preflight: 990.5, from: 1000.12345, to: 1060, scraped: 1061.2)
        #expect(answers.count == prometheus.questions.count)
        #expect(Set(answers.map(\.name)).count == answers.count)
        #expect(
            Set(answers.map(\.name)).isSuperset(of: [
                "orders_total_values", "best_sellers_total_values", "requests_values", "errors_values", "targets_up",
                "orders_rate", "p95", "in_flight", "mysql_pool_busy", "redis_pool_waiting", "observation: threads",
            ]))
        // From before the first request to the last scrape, of each process by itself.
        let orders = prometheus.questions.first { $0.name == "orders_total_values" }
        #expect(orders?.query == "sum by (job, instance, replica) (orders_total)" && orders?.range == 990.5...1061.5)
        let observed = prometheus.questions.last
        #expect(observed?.query == "sum(threads)" && observed?.range == 1000.12345...1060)
    }

    @Test func whatIsCountedByNoStatusHasNoErrorsInsteadOfNone() async throws {
        let prometheus = FakePrometheus { _, _ in 1 }
        _ = await PrometheusCollector(source: prometheus, observations: [])
            .collect(of: Self.replicas, preflight: 0, from: 0, to: 1, scraped: 1)
        for name in ["errors_values", "error_rate"] {
            let query = try #require(prometheus.questions.first { $0.name == name }?.query)
            #expect(query.contains(#"or 0 * sum by"#) && query.contains(#"status!="""#), "\(name)")
        }
    }

    @Test(arguments: [(1.0, "4s"), (5, "20s"), (0.2, "800ms")])
    func windowsOfRatesFollowTheScrapeInterval(interval: Seconds, window: String) async throws {
        let prometheus = FakePrometheus { _, _ in 1 }
        let targets = [Self.target("store", "a:1", interval)]
        _ = await PrometheusCollector(source: prometheus, observations: [])
            .collect(of: targets, preflight: 0, from: 0, to: 1, scraped: 1)
        let rates = prometheus.questions.map(\.query).filter { $0.contains("rate(") }
        #expect(rates.count > 6)
        #expect(rates.allSatisfy { $0.contains("[\(window)]") })
        #expect(PrometheusCollector.interval(of: targets) == interval)
    }

    @Test func ofAnothersPrometheusTheTargetsAreThoseThatShowTheMetrics() async throws {
        let all = [Self.target("flask", "app:5000", 5), Self.target("node", "host:9100", 60)]
        let prometheus = FakePrometheus(scraped: all, labels: ["job": "flask", "instance": "app:5000"]) { _, _ in 3 }
        let collector = PrometheusCollector(source: prometheus, observations: [], isOurs: false)
        let targets = await collector.targets()
        #expect(targets == [all[0]])
        _ = await collector.collect(of: targets, preflight: 10, from: 11, to: 12, scraped: 20)
        let up = #"up{job=~"flask",instance=~"app:5000"}"#
        #expect(prometheus.questions.first { $0.name == "targets_up" }?.query == up)
        #expect(prometheus.questions.first { $0.name == "up_before" }?.query == up)
        let silent = FakePrometheus(scraped: all) { _, _ in nil }
        #expect(await PrometheusCollector(source: silent, observations: [], isOurs: false).targets() == all)
        let ours = FakePrometheus(scraped: all + Self.replicas) { _, _ in 1 }
        #expect(await PrometheusCollector(source: ours, observations: []).targets() == Self.replicas)
    }

    @Test func whatPrometheusDoesNotAnswerStaysWithItsReason() async {
        let collector = PrometheusCollector(source: FakePrometheus { _, _ in nil }, observations: [])
        let answers = await collector.collect(of: [], preflight: 0, from: 0, to: 1, scraped: 1)
        #expect(!answers.isEmpty && answers.allSatisfy { $0.error == "gone" && $0.series.isEmpty })
    }

    @Test func itWaitsUntilEveryReplicaWasScraped() async {
        let (clock, prometheus) = (VirtualClock(), FakePrometheus { _, number in number < 4 ? 1 : 2 })
        await PrometheusCollector(source: prometheus, observations: [], clock: clock)
            .waitForScrape(of: Self.replicas, after: 1060)
        #expect(prometheus.questions.count == 5)
        #expect(prometheus.questions.first?.query == #"count(timestamp(up{job="store"}) >= 1060.0)"#)
        #expect(clock.now.sinceStart < .seconds(3))
    }

    @Test(arguments: [(1.0, 3), (5, 10), (3600, 120)])
    func aScrapeThatDoesNotComeIsGivenUp(interval: Seconds, limit: Int) async {
        let clock = VirtualClock()
        await PrometheusCollector(source: FakePrometheus { _, _ in nil }, observations: [], clock: clock)
            .waitForScrape(of: [Self.target("store", "a:1", interval)], after: 1060)
        #expect(clock.now.sinceStart >= .seconds(limit) && clock.now.sinceStart < .seconds(limit + 1))
    }

    @Test func countersStandBesideWhatWasSent() {
        func answer(_ name: String, _ values: [[Double?]]) -> PrometheusAnswer {
            let series = values.enumerated().map { index, values in
                PrometheusSeries(
                    labels: ["replica": "\(index)"],
                    points: values.enumerated().map { PrometheusPoint(time: Double($0), value: $1) })
            }
            return PrometheusAnswer(
                name: name, query: "", kind: .range(from: 0, to: 3, step: 1), series: series)
        }
        var measurement = Model.Measurement(variant: nil, stackKind: "compose", began: 0)
        measurement.preflight = Self.tasks.map { PreflightResult(task: $0.name, failure: nil, latency: 0.01) }
        // The second replica was restarted.
        measurement.prometheus = [
            answer("orders_total_values", [[nil, 10, 60], [0, 30, 11]]), answer("best_sellers_total_values", []),
        ]
        PrometheusCollector.compare(in: &measurement, tasks: Self.tasks, sent: [100, 20, 30])
        #expect(
            measurement.counters == [
                CounterComparison(counter: "orders_total", task: "order", prometheus: 101, generator: 101),
                // Two tasks raise it; the highest spenders are asked for by none.
                CounterComparison(counter: "best_sellers_total", task: "best, sold", prometheus: nil, generator: 52),
            ])
    }
}
