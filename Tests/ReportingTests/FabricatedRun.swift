import Model

/// Makes records that look like a real run's: a closed loop of users against a store of limited capacity.
struct Fabricated {
    /// Requests per second that the store bears.
    var capacity = 200.0
    var thinkTime = 2.0
    var base = 0.004
    private var state: UInt64 = 7

    init(capacity: Double = 200) { self.capacity = capacity }

    mutating func random() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 53)
    }

    /// One second at a number of users, split over the tasks.
    mutating func second(_ second: Int, users: Int, tasks: Int = 3) -> SecondSample {
        let offered = Double(users) / (thinkTime + base)
        let load = offered / capacity
        let latency = load < 0.95 ? base / (1 - load) : max(base * 20, Double(users) / capacity - thinkTime)
        let rate = min(offered, capacity)
        let failing = load > 1.2
        let parts = (0..<tasks).map { index -> TaskSecond in
            let count = Int(rate / Double(tasks) + random())
            var microseconds: [Int: Int] = [:]
            let failed = failing ? count / 5 : 0
            for _ in 0..<(count - failed) {
                let spread = 0.5 + random() + (random() > 0.96 ? 2 : 0)
                microseconds[Int(latency * spread * Double(index + 1) * 500_000) + 100, default: 0] += 1
            }
            let succeeded = Distribution(
                ascending: microseconds.sorted { $0.key < $1.key }.map { .init(microseconds: $0.key, count: $0.value) })
            return TaskSecond(
                started: count, succeeded: succeeded,
                failed: failed > 0
                    ? Distribution(ascending: [.init(microseconds: 900, count: failed)]) : Distribution(),
                failures: failed > 0 ? [.status(503): failed] : [:], firstByte: Self.firstBytes(of: succeeded))
        }
        return SecondSample(second: second, users: users, inFlight: Int(latency * rate) + 1, tasks: parts)
    }

    /// Half of each latency, as a record has it.
    private static func firstBytes(of latencies: Distribution) -> Distribution {
        Distribution.merged(
            latencies.buckets.map {
                Distribution(ascending: [.init(microseconds: $0.microseconds / 2, count: $0.count)])
            }
        ).coarse
    }

    static let tasks = [
        LoadTask(name: "order", weight: 1, method: .post, path: "/orders", expect: Check(status: 201)),
        LoadTask(
            name: "highest-spenders", weight: 1, method: .get, path: "/orders/reports/highest-spenders", expect: .init()
        ),
        LoadTask(name: "best-sellers", weight: 1, method: .get, path: "/orders/reports/best-sellers", expect: .init()),
    ]

    static let limits = [
        Criterion(metric: .errorRate, threshold: 0.01, window: 5, text: "error_rate > 1% for 5s"),
        Criterion(metric: .p95, threshold: 0.5, window: 5, text: "p95 > 500ms for 5s"),
    ]

    static func experiment(
        _ name: String, question: Int?, backend: ReportReads = .mysql, replicas: Int = 1,
        balancers: [Balancer] = [.none],
        shape: LoadShape, comparesWith: [String] = []
    ) -> Experiment {
        Experiment(
            name: name, question: question,
            title: LocalizedText(english: "The experiment \(name)", french: "L'expérience \(name)"),
            stack: StackDefinition(
                backend: backend, replicas: replicas, balancers: balancers, storeCPUs: 0.5,
                dataset: .generated(users: 1000, products: 10_000, orders: 20_000, seed: 42)),
            load: LoadDefinition(tasks: tasks, thinkTime: ThinkTime(minimum: 1, maximum: 3), shape: shape),
            criteria: limits, comparesWith: comparesWith, sourceFile: "\(name).yaml")
    }

    /// A ramp at one user per `1 / rate` seconds, then a plateau.
    mutating func ramp(_ experiment: Experiment, users: Int, rate: Double, hold: Int, variant: Balancer? = nil)
        -> RecordedMeasurement
    {
        let ramp = Int(Double(users) / rate)
        let samples = (0..<ramp + hold).map { index in
            second(index, users: min(users, Int(Double(index + 1) * rate)), tasks: experiment.load.tasks.count)
        }
        var measurement = measurement(experiment, variant: variant, seconds: ramp + hold)
        measurement.steps = [
            LoadStep(
                users: users, purpose: .stage, rampBegan: 0, plateauBegan: ramp, plateauEnded: ramp + hold, passed: true
            )
        ]
        return RecordedMeasurement(measurement: measurement, samples: samples)
    }

    /// Steps as a search takes them.
    mutating func search(_ experiment: Experiment, steps: [(users: Int, purpose: LoadStep.Purpose)], hold: Int)
        -> RecordedMeasurement
    {
        var samples: [SecondSample] = []
        var recorded: [LoadStep] = []
        for step in steps {
            let began = samples.count
            for _ in 0..<hold + 3 { samples.append(second(samples.count, users: step.users)) }
            recorded.append(
                LoadStep(
                    users: step.users, purpose: step.purpose, rampBegan: Double(began), plateauBegan: began + 3,
                    plateauEnded: samples.count, passed: Double(step.users) / 2.004 < capacity))
        }
        var measurement = measurement(experiment, variant: nil, seconds: samples.count)
        measurement.steps = recorded
        measurement.failures = [
            FailureExample(
                task: "order", kind: .status(503), time: 63.25, latency: 0.0009, detail: "expected 201, got 503",
                request: "POST /orders\n\n{\"user_id\":1,\"items\":[]}", response: "{\"error\": \"busy | ```\"}")
        ]
        return RecordedMeasurement(measurement: measurement, samples: samples)
    }

    private func measurement(_ experiment: Experiment, variant: Balancer?, seconds: Int) -> Measurement {
        let began = 1_790_000_000.0
        var measurement = Measurement(variant: variant?.rawValue, stackKind: "local", began: began)
        measurement.outcome = .measured
        measurement.loadBegan = began + 10
        measurement.ended = began + 20 + Double(seconds)
        let limit = CPUQuota(cores: 0.5, enforced: true, how: "cgroup v2")
        measurement.components = [
            Component(name: "mariadb", role: .database, version: "10.11.6", address: "127.0.0.1:3307"),
            Component(name: "prometheus", role: .prometheus, version: "2.42.0", address: "127.0.0.1:9091"),
        ]
        let replicas = (1...experiment.stack.replicas).map { "store-\($0)" }
        measurement.components += replicas.map {
            Component(name: $0, role: .store, version: "0.1.0", address: "127.0.0.1:5000", cpuLimit: limit)
        }
        measurement.dataset = DatasetFacts(
            users: 1000, products: 10_000, ordersBefore: 20_000, ordersAfter: 23_456, loadSeconds: 1.2)
        measurement.phases = [
            PhaseTiming(phase: .stackUp, seconds: 3.26), PhaseTiming(phase: .preflight, seconds: 0.0417),
            PhaseTiming(phase: .load, seconds: Double(seconds)),
        ]
        measurement.generator = GeneratorReport(
            threads: 1, cpuSeconds: 3, seconds: Double(seconds), peakThreadCPU: 0.12, lag: Distribution())
        measurement.usage = (1...max(1, seconds)).map { second in
            var cores = ["mariadb": 0.3, "generator": 0.05, "machine": 1, "prometheus": 0.01]
            for replica in replicas { cores[replica] = 0.49 }
            return UsageSample(time: Double(second), cores: cores, memory: ["mariadb": 90_000_000])
        }
        measurement.counters = [
            CounterComparison(counter: "orders_total", task: "order", prometheus: 3456, generator: 3456),
            CounterComparison(
                counter: "highest_spenders_total", task: "highest-spenders", prometheus: 3450, generator: 3456),
            CounterComparison(counter: "best_sellers_total", task: "best-sellers", prometheus: nil, generator: 3456),
        ]
        measurement.prometheus = answers(replicas: replicas, variant: variant, began: began + 10, seconds: seconds)
        if let variant, variant != .none {
            measurement.deployed = [
                DeployedFile(name: "nginx.conf", text: Self.nginx(variant, replicas: replicas.count))
            ]
        }
        return measurement
    }

    private func answers(replicas: [String], variant: Balancer?, began: UnixTime, seconds: Int) -> [PrometheusAnswer] {
        func instant(_ name: String, _ value: (Int) -> Double) -> PrometheusAnswer {
            PrometheusAnswer(
                name: name, query: "sum by (replica) (\(name))", kind: .instant(at: began),
                series: replicas.enumerated().map { index, replica in
                    PrometheusSeries(labels: ["replica": replica], points: [.init(time: began, value: value(index))])
                })
        }
        func range(_ name: String, _ value: (Int, Int) -> Double?) -> PrometheusAnswer {
            PrometheusAnswer(
                name: name, query: "sum by (replica) (rate(\(name)[10s]))",
                kind: .range(from: began, to: began + Double(seconds), step: 1),
                series: replicas.enumerated().map { index, replica in
                    PrometheusSeries(
                        labels: ["replica": replica],
                        points: (0...seconds).map { .init(time: began + Double($0), value: value(index, $0)) })
                })
        }
        let all = variant == .ipHash ? [9000.0, 0, 0] : [3020, 3000, 2980]
        return [
            instant("requests_before") { _ in 5 }, instant("requests_after") { 5 + all[$0 % 3] },
            instant("errors_before") { _ in 0 }, instant("errors_after") { _ in 0 },
            instant("targets_up") { _ in 1 },
            range("request_rate") { index, second in second < 3 ? nil : Double(10 + index) + Double(second % 5) },
            range("error_rate") { _, _ in 0 },
            range("p95") { index, second in 0.010 + Double(index) * 0.002 + Double(second) * 0.000_01 },
            PrometheusAnswer(
                name: "orders_rate", query: "x", kind: .range(from: began, to: began, step: 1), series: [],
                error: "connection refused"),
        ]
    }

    static func nginx(_ balancer: Balancer, replicas: Int) -> String {
        let directive =
            switch balancer {
            case .none, .roundRobin: "# least_conn;  (round robin is the default)"
            case .leastConnections: "least_conn;"
            case .ipHash: "ip_hash;"
            case .random: "random two least_conn;"
            }
        let servers = (1...replicas).map { "        server 127.0.0.1:500\($0) max_fails=0;\n" }.joined()
        return """
            worker_processes auto;
            events { worker_connections 8192; }
            http {
                upstream store {
                    \(directive)
            \(servers)        keepalive 64;
                }
                server { listen 8080; location / { proxy_pass http://store; } }
            }

            """
    }

    static func manifest(_ experiments: [Experiment], quick: Bool = false) -> RunManifest {
        RunManifest(
            id: "2026-11-23T10-15-00Z", version: "0.1.0", commit: "abc1234", began: 1_789_999_000, quick: quick,
            host: Host(
                system: "Debian GNU/Linux 12 (bookworm)", kernel: "6.1.0", processor: "A processor", cores: 2,
                memory: 4_294_967_296, openFiles: 65_536),
            experiments: experiments)
    }

    /// The five scenarios of the lab and one of the user's own that was not begun.
    static func lab() -> RecordedRun { usual }

    /// Made once: most tests begin with it.
    private static let usual = lab(quick: false)

    static func lab(capacities: [Double] = [60, 120, 160], hold: Int = 10, quick: Bool = false) -> RecordedRun {
        var maker = Fabricated(capacity: 200)
        let plan = LoadShape.findLimit(LimitSearchPlan(from: 50, to: 50_000, hold: Double(hold), precision: 0.05))
        let first = experiment(
            "mysql-100", question: 1, shape: .ramp([LoadStage(users: 100, spawnRate: 1, hold: 60)]))
        let names = ["mysql-limit", "redis-limit", "replicas-limit"]
        let searches = names.enumerated().map { index, name in
            experiment(
                name, question: index + 2, backend: index == 0 ? .mysql : .redis, replicas: index == 2 ? 3 : 1,
                balancers: [index == 2 ? .roundRobin : .none], shape: plan, comparesWith: Array(names.prefix(index)))
        }
        let balancers: [Balancer] = [.roundRobin, .leastConnections, .ipHash, .random]
        let policies = experiment(
            "policies", question: 5, backend: .redis, replicas: 3, balancers: balancers,
            shape: .ramp([LoadStage(users: 60, spawnRate: 10, hold: 20)]))
        let own = experiment("own", question: nil, backend: .redisScan, shape: plan)

        var recorded = [
            RecordedExperiment(
                experiment: first, folder: "01-mysql-100",
                measurements: [maker.ramp(first, users: 100, rate: 1, hold: 60)])
        ]
        for (index, search) in searches.enumerated() {
            maker.capacity = capacities[index]
            var steps: [(users: Int, purpose: LoadStep.Purpose)] = []
            var users = 50
            let edge = Int(capacities[index] * 2)
            while users <= edge {
                steps.append((users, .climb))
                users *= 2
            }
            steps.append((users, .climb))
            steps += [(edge - 20, .bisect), (edge + edge / 4, .bisect), (edge - 4, .bisect), (edge - 4, .confirm)]
            steps.append((edge + edge / 4, .confirm))
            var measurement = maker.search(search, steps: steps, hold: hold)
            if index == 2 {
                measurement.measurement.deployed = [
                    DeployedFile(name: "nginx.conf", text: nginx(.roundRobin, replicas: 3))
                ]
            }
            recorded.append(
                RecordedExperiment(
                    experiment: search, folder: "0\(index + 2)-\(search.name)", measurements: [measurement]))
        }
        maker.capacity = 300
        recorded.append(
            RecordedExperiment(
                experiment: policies, folder: "05-policies",
                measurements: balancers.map { maker.ramp(policies, users: 60, rate: 10, hold: 20, variant: $0) }))
        recorded.append(RecordedExperiment(experiment: own, folder: "06-own", measurements: []))
        return RecordedRun(manifest: manifest(recorded.map(\.experiment), quick: quick), experiments: recorded)
    }
}
