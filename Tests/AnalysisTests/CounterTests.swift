import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct CounterTests {
    private func answer(_ name: String, _ series: [String: [Double?]]) -> PrometheusAnswer {
        PrometheusAnswer(
            name: name, query: "", kind: .range(from: 100, to: 110, step: 1),
            series: series.sorted { $0.key < $1.key }.map { instance, values in
                PrometheusSeries(
                    labels: ["job": "app", "instance": instance],
                    points: values.enumerated().map { PrometheusPoint(time: 100 + Double($0), value: $1) })
            })
    }

    private func rise(_ series: [String: [Double?]], zero: Bool = true) -> CounterRise? {
        CounterRise(answer("x", series)) { _ in zero }
    }

    @Test func aCounterRisesFromWhatItWasBefore() throws {
        #expect(rise(["a": [1107, 1107, 1150, 1185]])?.total == 78)
        #expect(rise(["a": [0, 5], "b": [7, 9]])?.total == 7)
    }

    @Test func afterARestartItCountsFromZero() throws {
        let found = try #require(rise(["a": [0, 40, 100, nil, nil, 15, 30], "b": [0, 1, 2, 3, 4, 5, 6]]))
        #expect(found.total == 136)
        #expect(found.resets == [CounterRise.Reset(lastSeen: 102, firstSeen: 105)])
    }

    @Test func whatAppearsLaterBeganAtZeroOnlyWhereThatIsKnown() {
        #expect(rise(["a": [nil, nil, 12, 20]])?.total == 20)
        #expect(rise(["a": [nil, nil, 12, 20]], zero: false) == nil)
        #expect(rise([:]) == nil)
        #expect(rise(["a": [nil, nil]]) == nil)
    }

    @Test func whatRanAlreadyIsKnownIfItWasScrapedBefore() {
        var measurement = Measurement(variant: nil, stackKind: "url", began: 0)
        measurement.prometheus = [answer("orders_total_values", ["a": [nil, 3, 9]])]
        #expect(measurement.rise(of: "orders_total_values") == nil)
        measurement.prometheus.append(answer("up_before", ["a": [1]]))
        #expect(measurement.rise(of: "orders_total_values")?.total == 9)
        measurement.stackKind = "compose"
        measurement.prometheus.removeLast()
        #expect(measurement.rise(of: "orders_total_values")?.total == 9)
    }

    @Test func countersAgreeOrDifferByANumber() {
        func check(_ rise: Double?, _ answered: Int, _ brokenOff: Int = 0, own: Int = 0, unseen: Int = 0)
            -> CounterCheck.Agreement
        {
            CounterCheck(
                counter: "c", task: "t", rise: rise, answered: answered, brokenOff: brokenOff, own: own,
                unseen: unseen
            ).agreement
        }
        #expect(check(100, 100) == .agrees)
        #expect(check(0, 0) == .agrees)
        #expect(check(98, 100) == .differs(requests: -2, share: -0.02))
        #expect(check(3, 0) == .differs(requests: 3, share: nil))
        #expect(check(nil, 100) == .notMeasured)
        // Those that were broken off may have been counted, all, some or none.
        #expect(check(112, 100, 12) == .agrees)
        #expect(check(100, 100, 12) == .agrees)
        #expect(check(105, 100, 12) == .agreesWithin)
        #expect(check(90, 100, 0, unseen: 20) == .agreesWithin)
        #expect(check(122, 100, 25, unseen: 0) == .agreesWithin)
        // What StoreLab itself asked was counted too, but for what came just before an end.
        #expect(check(122, 100, own: 22) == .agrees && check(123, 100, 1, own: 22) == .agrees)
        #expect(check(121, 100, own: 22) == .agreesWithin)
        #expect(check(123, 100, own: 22) == .differs(requests: 1, share: 1.0 / 122))
        #expect(check(135, 100, 25) == .differs(requests: 10, share: 0.08))
    }

    private let experiment = Experiment(
        name: "x", question: nil, title: LocalizedText(english: "x", french: "x"),
        stack: StackDefinition(
            subject: .project(OwnProject(file: "/p/compose.yaml", service: "app", port: 5000)), backend: .mysql,
            replicas: 1, balancers: [.none], storeCPUs: nil, dataset: .course),
        load: LoadDefinition(
            tasks: [LoadTask(name: "order", weight: 1, method: .post, path: "/orders", expect: Check())],
            thinkTime: ThinkTime(minimum: 1, maximum: 1), shape: .ramp([LoadStage(users: 1, spawnRate: 1, hold: 4)])),
        criteria: [], sourceFile: "x.yaml")

    @Test func whatWasBrokenOffIsCountedOnOurSide() throws {
        var measurement = Measurement(variant: nil, stackKind: "compose", began: 90)
        measurement.loadBegan = 101
        measurement.scrapeInterval = 1
        measurement.counters = [CounterComparison(counter: "orders_total", task: "order", prometheus: 1, generator: 41)]
        measurement.prometheus = [answer("orders_total_values", ["a": [0, 1, 10, nil, 2, 13, 20]])]
        let samples = (0..<4).map { second in
            SecondSample(
                second: second, users: 1, inFlight: 0,
                tasks: [
                    TaskSecond(
                        started: 10, succeeded: Distribution(ascending: [.init(microseconds: 10, count: 5)]),
                        failed: Distribution(ascending: [.init(microseconds: 10, count: 4)]),
                        failures: [.status(500): 2, .timeout: 2])
                ])
        }
        let recorded = RecordedMeasurement(measurement: measurement, samples: samples)
        let check = try #require(recorded.counterChecks(of: experiment).first)
        // In each second two timed out, and one had no end; the pre-flight's request has its answer.
        #expect(check.brokenOff == 12 && check.answered == 29)
        #expect(check.rise == 30 && check.resets == 1)
        // From a scrape before second 1 of the load to second 3.
        #expect(check.unseen == 40)
        #expect(check.agreement == .agreesWithin)
    }

    @Test func olderRecordsOfARunningApplicationUseTheValueBefore() throws {
        var running = experiment
        running.stack.subject = .running(RunningService(url: "http://127.0.0.1:1", prometheus: "http://127.0.0.1:2"))
        var measurement = Measurement(variant: nil, stackKind: "url", began: 0)
        measurement.counters = [
            CounterComparison(counter: "orders_total", task: "order", prometheus: 1185, generator: 78)
        ]
        func instant(_ name: String, _ value: Double) -> PrometheusAnswer {
            PrometheusAnswer(
                name: name, query: "", kind: .instant(at: 0),
                series: [PrometheusSeries(labels: [:], points: [PrometheusPoint(time: 0, value: value)])])
        }
        measurement.prometheus = [instant("orders_total_before", 1107), instant("orders_total_after", 1185)]
        let recorded = RecordedMeasurement(measurement: measurement, samples: [])
        #expect(recorded.counterChecks(of: running).first?.agreement == .agrees)
        // Of a project that was restarted between its steps, the value after the load says nothing.
        var search = experiment
        search.load.shape = .findLimit(LimitSearchPlan(from: 1, to: 9, hold: 1, precision: 0.1))
        #expect(recorded.counterChecks(of: search).first?.agreement == .notMeasured)
    }

    @Test func whatHasNoSuchMetricHasNoShares() {
        var measurement = Measurement(variant: nil, stackKind: "compose", began: 0)
        measurement.components = [Component(name: "store-1", role: .store, version: nil, address: "a:1")]
        measurement.prometheus = [answer("requests_values", [:]), answer("errors_values", [:])]
        #expect(
            measurement.replicaShares()
                == .notMeasured(reason: "the application shows no metric http_request_duration_seconds"))
        measurement.prometheus = [answer("requests_values", ["a": [0, 767]]), answer("errors_values", [:])]
        guard case .value(let shares) = measurement.replicaShares() else {
            Issue.record("no shares")
            return
        }
        #expect(shares.first { $0.replica == "a" }?.requests == 767)
        #expect(shares.allSatisfy { $0.errors == nil })
    }
}
