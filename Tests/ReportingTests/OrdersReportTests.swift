import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// The section of an experiment that measures several numbers of orders.
@Suite(.timed) struct OrdersReportTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    private static let orders = [0, 1000, 5000, 20_000]

    private var experiment: Experiment {
        var experiment = Fabricated.experiment(
            "orders", question: nil, backend: .redisScan, shape: .ramp([LoadStage(users: 1, spawnRate: 1, hold: 10)]))
        experiment.stack.series = StackSeries(backends: [.redisScan, .redis], orders: Self.orders)
        return experiment
    }

    /// A scan takes 2 ms and 4 ms for each thousand orders; a report that is kept ready 2 ms, now a little more, now less.
    private func measured(_ variant: Variant) -> RecordedMeasurement {
        var maker = Fabricated(capacity: 10_000)
        let orders = variant.orders ?? 0
        let ready = Self.orders.firstIndex(of: orders).map { $0.isMultiple(of: 2) ? 2000 : 2010 } ?? 2000
        let microseconds = variant.backend == .redis ? ready : 2000 + orders * 4
        var recorded = maker.ramp(experiment, users: 1, rate: 1, hold: 10)
        recorded.measurement.variant = variant.name
        recorded.measurement.dataset = DatasetFacts(
            users: 1000, products: 10_000, ordersBefore: orders, ordersAfter: orders, loadSeconds: 1)
        for second in recorded.samples.indices {
            recorded.samples[second].tasks = recorded.samples[second].tasks.map { _ in
                TaskSecond(
                    started: 3,
                    succeeded: Distribution(ascending: [.init(microseconds: microseconds, count: 3)]),
                    failed: Distribution(), failures: [:])
            }
        }
        return recorded
    }

    private func report(_ measurements: [RecordedMeasurement], _ language: Language = .english) throws -> String {
        let run = RecordedRun(
            manifest: Fabricated.manifest([experiment]),
            experiments: [
                RecordedExperiment(experiment: experiment, folder: "01-orders", measurements: measurements)
            ])
        // Numbers and their units are held together by no-break spaces.
        return withPlaces(try renderReport(StudiedRun(run), language: language, templates: templates))
            .replacing("\u{A0}", with: " ")
    }

    @Test func theAnswerSaysHowMuchEachFurtherOrderAddsAndWhereNoGrowthIsShown() throws {
        let text = try report(experiment.variants.map(measured))
        let answer = text.split(separator: "\n").first { $0.hasPrefix("**Median latency by the number of orders") }
        #expect(
            answer == """
                **Median latency by the number of orders: `redis-scan`: 2.00 ms with 0, 82.0 ms with 20,000; each further 1,000 orders \
                add 4.00 ms (95% interval: 4.00 ms to 4.00 ms); `redis`: 2.00 ms with 0, 2.01 ms with 20,000; no growth shown.** \
                <01-orders/**/record.json>
                """)
        #expect(
            text.contains("- Orders in the data set, measured one number after the other: 0; 1,000; 5,000; 20,000."))
        #expect(text.contains("`redis`: no growth with the number of orders is shown"))
        #expect(text.contains("\n<summary>Measured: redis-scan-20000-orders</summary>\n"))
        #expect(!text.contains("Requested policy") && !text.contains("Share of each replica under"))
    }

    @Test(arguments: Language.allCases) func everyMeasurementHasItsRow(language: Language) throws {
        let text = try report(experiment.variants.map(measured), language)
        #expect(!text.contains("{{") && !text.contains("\n\n\n"))
        let lines = text.split(separator: "\n")
        let rows = lines.filter { $0.hasPrefix("| `redis") && $0.contains("samples.jsonl:") }
        #expect(rows.count == 8)
        #expect(rows.first?.contains("<01-orders/redis-scan-0-orders/samples.jsonl:2-11>") == true)
        let most = language == .french ? "20\u{202F}000" : "20,000"
        #expect(rows[3].hasPrefix("| `redis-scan` | \(most) |"))
        #expect(rows[3].contains(language == .french ? "82,0" : "82.0"))
        let chart = language == .french ? "selon le nombre de commandes [ms]" : "against the number of orders [ms]"
        #expect(lines.contains { $0.contains(chart) })
    }

    @Test func whatDoesNotShowTheApplicationIsNotInTheLine() throws {
        var all = experiment.variants.map(measured)
        let name = all[2].measurement.variant
        all[2] = measured(Variant(name: name, balancer: .none, backend: .redisScan, orders: 90_000))
        all[2].measurement.dataset?.ordersBefore = 5000
        #expect(try !report(all).contains("each further 1,000 orders add"))
        all[2].measurement.steps[0].validity = Validity(inconclusive: [.notSteady])
        #expect(
            try report(all).contains(
                "- `redis-scan`: each further 1,000 orders add 4.00 ms to the median (95% interval: 4.00 ms to 4.00 ms; "
                    + "R² = 1.000, 3 points). <01-orders/**/record.json>"))
    }

    @Test func whatWasNotMeasuredIsNamed() throws {
        let two = experiment.variants.filter { $0.backend == .redisScan }.prefix(2).map(measured)
        let text = try report(two)
        #expect(text.contains("`redis-scan`: 2.00 ms with 0, 6.00 ms with 1,000 (not started: 5,000, 20,000)"))
        #expect(text.contains("`redis`: not measured (not started: 0, 1,000, 5,000, 20,000)"))
        #expect(
            text.contains(
                "no line was fitted, because a line needs valid figures for three numbers of orders, and there are 2"))
        var broken = measured(experiment.variants[2])
        broken.measurement.outcome = .failed(phase: .load, reason: "Redis died")
        broken.measurement.steps = []
        let failed = try report(two + [broken])
        #expect(
            failed.contains("`redis-scan-5000-orders`: The measurement is incomplete") && failed.contains("Redis died"))
    }
}
