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

    var questions: [Question] { asked.withLock { $0 } }

    /// - Parameter value: the answer to a question, of which so many came before; nil for none.
    init(_ value: @escaping @Sendable (_ question: Question, _ number: Int) -> Double?) { self.value = value }

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
        let series = PrometheusSeries(labels: [:], points: [PrometheusPoint(time: 0, value: value)])
        return PrometheusAnswer(name: question.name, query: question.query, kind: kind, series: [series])
    }
}

@Suite(.timed) struct PrometheusCollectorTests {
    private static let tasks = [
        LoadTask(name: "order", weight: 1, method: .post, path: "/orders", expect: Check()),
        LoadTask(name: "best", weight: 1, method: .get, path: "/orders/reports/best-sellers", expect: Check()),
        LoadTask(name: "sold", weight: 1, method: .get, path: "/orders/reports/best-sellers", expect: Check()),
    ]

    @Test func everyQueryIsAskedOnce() async throws {
        let prometheus = FakePrometheus { _, _ in 1 }
        let collector = PrometheusCollector(
            source: prometheus, observations: [Observation(name: "threads", query: "sum(threads)")])
        let answers = await collector.collect(from: 1000.12345, to: 1060)
        #expect(answers.count == prometheus.questions.count)
        #expect(Set(answers.map(\.name)).count == answers.count)
        #expect(
            Set(answers.map(\.name)).isSuperset(of: [
                "orders_total_before", "orders_total_after", "best_sellers_total_after", "requests_after",
                "errors_before", "targets_up", "orders_rate", "p95", "in_flight", "mysql_pool_busy",
                "redis_pool_waiting", "observation: threads",
            ]))
        let before = prometheus.questions.first { $0.name == "orders_total_before" }
        #expect(before?.query.contains("(orders_total @ 1000.123)") == true && before?.range == nil)
        let observed = prometheus.questions.last
        #expect(observed?.query == "sum(threads)" && observed?.range == 1000.12345...1060)
    }

    @Test func whatPrometheusDoesNotAnswerStaysWithItsReason() async {
        let collector = PrometheusCollector(source: FakePrometheus { _, _ in nil }, observations: [])
        let answers = await collector.collect(from: 0, to: 1)
        #expect(!answers.isEmpty && answers.allSatisfy { $0.error == "gone" && $0.series.isEmpty })
    }

    @Test func itWaitsUntilEveryReplicaWasScraped() async {
        let (clock, prometheus) = (VirtualClock(), FakePrometheus { _, number in number < 4 ? 1 : 2 })
        await PrometheusCollector(source: prometheus, observations: [], clock: clock)
            .waitForScrape(after: 1060, replicas: 2)
        #expect(prometheus.questions.count == 5)
        #expect(prometheus.questions.first?.query == #"count(timestamp(up{job="store"}) >= 1060.0)"#)
        #expect(clock.now.sinceStart < .seconds(3))
    }

    @Test func aScrapeThatDoesNotComeIsGivenUp() async {
        let clock = VirtualClock()
        await PrometheusCollector(source: FakePrometheus { _, _ in nil }, observations: [], clock: clock)
            .waitForScrape(after: 1060, replicas: 2)
        #expect(clock.now.sinceStart >= .seconds(3) && clock.now.sinceStart < .seconds(4))
    }

    @Test func countersStandBesideWhatWasSent() {
        func answer(_ name: String, _ values: [Double?]) -> PrometheusAnswer {
            let series = values.map { PrometheusSeries(labels: [:], points: [PrometheusPoint(time: 0, value: $0)]) }
            return PrometheusAnswer(name: name, query: "", kind: .instant(at: 0), series: series)
        }
        let preflight = Self.tasks.map { PreflightResult(task: $0.name, failure: nil, latency: 0.01) }
        let compared = PrometheusCollector.compare(
            [answer("orders_total_after", [60, 41]), answer("best_sellers_total_after", [])], tasks: Self.tasks,
            samples: [100, 20, 30], preflight: preflight)
        #expect(
            compared == [
                CounterComparison(counter: "orders_total", task: "order", prometheus: 101, generator: 101),
                // Two tasks raise it; the highest spenders are asked for by none.
                CounterComparison(counter: "best_sellers_total", task: "best, sold", prometheus: nil, generator: 52),
            ])
    }
}
