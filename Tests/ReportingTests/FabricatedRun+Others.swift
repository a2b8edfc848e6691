import Model

/// Records of applications that are none of StoreLab's: somebody's Compose project, and one that ran already.
extension Fabricated {
    /// What the versions of this day record of them, in English.
    static let projectNotes = [
        "StoreLab neither fills nor restores the data of the project. Between the steps of a search it restarts the "
            + "replicas of app.",
        "Folders of this machine that the project uses: app may write into /home/a/shop/src; db may write into /srv/db.",
        "Replicas of app: 2 started, 2 in DNS, 2 in Nginx, 2 in Prometheus.",
        "The image nginx:1.28 could not be fetched; nginx:1.22, which is present, was used instead.",
    ]

    static let runningNotes = [
        "The application was already running: StoreLab cannot see its parts and their CPU use, nor restore its data.",
        "The definition names no Prometheus, so what it would have answered is not measured.",
    ]

    private static func of(_ subject: StackSubject, name: String, replicas: Int, _ balancer: Balancer) -> Experiment {
        Experiment(
            name: name, question: 3,
            title: LocalizedText(english: "Orders of the shop", french: "Commandes de la boutique"),
            stack: StackDefinition(
                subject: subject, backend: .mysql, replicas: replicas, balancers: [balancer], storeCPUs: nil,
                dataset: .course),
            load: LoadDefinition(
                tasks: tasks, thinkTime: ThinkTime(minimum: 1, maximum: 3),
                shape: .findLimit(LimitSearchPlan(from: 50, to: 5000, hold: 10, precision: 0.1))),
            criteria: limits, sourceFile: "\(name).yaml")
    }

    private mutating func measured(_ experiment: Experiment) -> RecordedMeasurement {
        var recorded = search(
            experiment, steps: [(50, .climb), (200, .climb), (800, .climb), (300, .bisect), (400, .bisect)], hold: 10)
        recorded.measurement.dataset = nil
        recorded.measurement.counters = []
        recorded.measurement.prometheus = []
        recorded.measurement.signals = SignalRecord(
            times: [1, 2, 3],
            series: [SignalSeries(kind: .runnable, component: "machine", limit: nil, values: [0.5, 0.5, 0.5])])
        return recorded
    }

    private static func only(_ experiment: Experiment, _ recorded: RecordedMeasurement) -> RecordedRun {
        run(experiment, [recorded])
    }

    /// A project of two replicas, its database, Redis and Nginx, behind StoreLab's Nginx. Its program computes in one thread,
    /// shows counters of orders but no histogram, and was restarted between the steps.
    static func project(app cores: Double = 0.97, _ change: (inout Measurement) -> Void = { _ in }) -> RecordedRun {
        var maker = Fabricated(capacity: 150)
        let own = OwnProject(file: "/home/a/shop/docker-compose.yml", service: "app", port: 5000)
        let experiment = of(.project(own), name: "shop", replicas: 2, .roundRobin)
        var recorded = maker.measured(experiment)
        func part(_ name: String, _ role: Component.Role, _ image: String) -> Component {
            Component(
                name: name, role: role, version: image.split(separator: ":").last.map(String.init), address: name,
                image: ContainerImage(name: image, digest: "sha256:0123456789abcdef"), restarts: 0)
        }
        recorded.measurement.stackKind = "compose"
        recorded.measurement.components = [
            part("app-1", .store, "shop-app:latest"), part("app-2", .store, "shop-app:latest"),
            part("db", .database, "mysql:8.0"), part("redis", .cache, "redis:7"), part("web", .balancer, "nginx:1.25"),
            part("storelab-nginx", .balancer, "nginx:1.28"),
            part("storelab-prometheus", .prometheus, "prom/prometheus:v3.5.0"),
        ]
        recorded.measurement.deployed = [
            DeployedFile(name: "docker-compose.yml", text: "services: {}\n"),
            DeployedFile(name: "override.yaml", text: "services: {}\n"),
            DeployedFile(name: "nginx.conf", text: nginx(.roundRobin, replicas: 2)),
        ]
        recorded.measurement.usage = recorded.measurement.usage.map { sample in
            UsageSample(
                time: sample.time,
                cores: [
                    "app-1": cores, "app-2": cores / 5, "db": 0.2, "redis": 0.01, "web": 0.01, "generator": 0.05,
                    "storelab-nginx": 0.02, "storelab-prometheus": 0.01, "machine": 1.5,
                ], memory: ["app-1": 90_000_000])
        }
        recorded.measurement.signals?.missing = ["db", "redis", "web"]
        recorded.measurement.notes = projectNotes
        recorded.measurement.scrapeInterval = 1
        prometheus(of: &recorded, replicas: ["app-1", "app-2"], job: "store", restartEvery: 13)
        change(&recorded.measurement)
        return only(experiment, recorded)
    }

    /// Something at an address of this machine, whose Prometheus scrapes every 5 s, or which has none.
    static func running(withPrometheus: Bool, _ change: (inout Measurement) -> Void = { _ in }) -> RecordedRun {
        var maker = Fabricated(capacity: 150)
        let service = RunningService(
            url: "http://127.0.0.1:5000", prometheus: withPrometheus ? "http://127.0.0.1:9090" : nil)
        let experiment = of(.running(service), name: "shop", replicas: 1, .none)
        var recorded = maker.measured(experiment)
        recorded.measurement.stackKind = "url"
        recorded.measurement.components = []
        recorded.measurement.deployed = []
        recorded.measurement.usage = recorded.measurement.usage.map {
            UsageSample(time: $0.time, cores: ["generator": 0.05, "machine": 1.98], memory: [:])
        }
        recorded.measurement.notes = Array(runningNotes.prefix(withPrometheus ? 1 : 2))
        if withPrometheus {
            recorded.measurement.scrapeInterval = 5
            prometheus(of: &recorded, replicas: [nil], job: "flask", before: 1107)
        }
        change(&recorded.measurement)
        return only(experiment, recorded)
    }

    /// Counters of orders that count what was sent, each process its share, and 0 again after a restart; no other metric.
    private static func prometheus(
        of recorded: inout RecordedMeasurement, replicas: [String?], job: String, before: Double = 0,
        restartEvery: Int = .max
    ) {
        let began = recorded.measurement.loadBegan ?? 0
        var total = 0.0
        var points: [PrometheusPoint] = [PrometheusPoint(time: began - 1, value: before)]
        for sample in recorded.samples {
            let sent = Double(sample.tasks[0].started) / Double(replicas.count)
            total += sent
            if sample.second > 0, sample.second % restartEvery == 0 { total = 0 }
            points.append(PrometheusPoint(time: began + Double(sample.second + 1), value: before + total))
        }
        let kind = PrometheusAnswer.Kind.range(from: began - 1, to: points.last?.time ?? began, step: 1)
        let series = replicas.map { replica in
            var labels = ["job": job, "instance": "\(replica ?? "127.0.0.1"):5000"]
            labels["replica"] = replica
            return PrometheusSeries(labels: labels, points: points)
        }
        func answer(_ name: String, _ series: [PrometheusSeries]) -> PrometheusAnswer {
            PrometheusAnswer(name: name, query: "sum by (job, instance, replica) (\(name))", kind: kind, series: series)
        }
        let up = series.map { PrometheusSeries(labels: $0.labels, points: [PrometheusPoint(time: began, value: 1)]) }
        recorded.measurement.prometheus = [
            answer("orders_total_values", series), answer("highest_spenders_total_values", []),
            answer("requests_values", []), answer("errors_values", []),
            PrometheusAnswer(name: "targets_up", query: "up", kind: .instant(at: began), series: up),
            PrometheusAnswer(name: "up_before", query: "up", kind: .instant(at: began), series: up),
            answer("request_rate", []), answer("error_rate", []), answer("p95", []), answer("orders_rate", series),
            answer("highest_spenders_rate", []), answer("best_sellers_rate", []), answer("in_flight", []),
        ]
        let sent = recorded.samples.reduce(0) { $0 + $1.tasks[0].started }
        recorded.measurement.counters = [
            CounterComparison(counter: "orders_total", task: "order", prometheus: 1, generator: sent),
            CounterComparison(
                counter: "highest_spenders_total", task: "highest-spenders", prometheus: nil, generator: sent),
        ]
    }
}
