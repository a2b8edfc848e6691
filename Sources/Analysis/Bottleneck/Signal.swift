package import Model

/// What was watched of one part over the load, wherever it came from.
package struct Signal: Sendable, Equatable {
    package struct Point: Sendable, Equatable {
        /// Seconds since the load began.
        package var time: Seconds
        package var value: Double?

        package init(time: Seconds, value: Double?) {
            self.time = time
            self.value = value
        }
    }

    package var kind: SignalKind
    /// The names of what is no component: the load generator, the whole machine, and what it used beyond all others.
    package static let generator = "generator"
    package static let machine = "machine"
    package static let rest = "rest"
    /// What the machine used beyond the generator, where no part of the application could be read.
    package static let unwatched = "unwatched"

    /// The component's name, or one of those above.
    package var component: String
    /// nil for what is no component.
    package var role: Component.Role?
    /// What it cannot pass; nil where there is no such number or it is not known.
    package var limit: Double?
    package var points: [Point]

    package init(
        kind: SignalKind, component: String, role: Component.Role?, limit: Double? = nil, points: [Point] = []
    ) {
        self.kind = kind
        self.component = component
        self.role = role
        self.limit = limit
        self.points = points
    }

    /// Whether a reading belongs to a stretch of the load: it says what was in the second before it.
    static func isReading(at time: Seconds, of seconds: Range<Int>) -> Bool {
        Double(seconds.lowerBound) < time && time <= Double(seconds.upperBound) + 0.5
    }

    /// The mean over a stretch of the load; nil where nothing was read.
    package func mean(_ seconds: Range<Int>) -> Double? {
        let values = points.filter { Self.isReading(at: $0.time, of: seconds) }.compactMap(\.value)
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// The highest reading over a stretch of the load; nil where nothing was read.
    package func maximum(_ seconds: Range<Int>) -> Double? {
        points.filter { Self.isReading(at: $0.time, of: seconds) }.compactMap(\.value).max()
    }
}

extension RecordedMeasurement {
    /// All signals of a measurement: what was sampled, what Prometheus recorded, and how the generator did.
    package func signals(host: Host) -> [Signal] {
        usageSignals(host) + sampledSignals() + poolSignals() + generatorSignals()
    }

    private func role(of name: String) -> Component.Role? {
        measurement.components.first { $0.name == name }?.role
    }

    private func usageSignals(_ host: Host) -> [Signal] {
        let parts = measurement.components.map(\.name) + [Signal.generator]
        let rest = Signal(
            kind: .cpu, component: isAnyPartRead ? Signal.rest : Signal.unwatched, role: nil, limit: Double(host.cores),
            points: measurement.usage.map { Signal.Point(time: $0.time, value: $0.rest(of: parts)) })
        let signals = (parts + [Signal.machine]).flatMap { name -> [Signal] in
            let component = measurement.components.first { $0.name == name }
            let cpu = measurement.usage.map { Signal.Point(time: $0.time, value: $0.cores[name]) }
            let memory = measurement.usage.map { Signal.Point(time: $0.time, value: $0.memory[name].map(Double.init)) }
            return [
                Signal(
                    kind: .cpu, component: name, role: component?.role, limit: cores(component, name, host), points: cpu
                ),
                Signal(kind: .memory, component: name, role: component?.role, limit: nil, points: memory),
            ]
        }
        return (signals + [rest]).filter { $0.points.contains { $0.value != nil } }
    }

    /// Cores that a part can use: its limit, its own threads where they are few, or the machine.
    private func cores(_ component: Component?, _ name: String, _ host: Host) -> Double {
        if let limit = component?.cpuLimit, limit.enforced { return limit.cores }
        return component.map(isOfOneThread) == true ? min(1, Double(host.cores)) : Double(host.cores)
    }

    /// Redis works on one thread; so does our Nginx, with one worker. Other programs of their roles, and an Nginx of
    /// somebody's own project, may work on several.
    private func isOfOneThread(_ component: Component) -> Bool {
        let image = component.image?.name.split(separator: "/").last ?? "redis"
        let isProject = measurement.deployed.contains { $0.name == "override.yaml" }
        return switch component.role {
        case .cache: image.hasPrefix("redis") || image.hasPrefix("valkey")
        case .balancer: !isProject || component.name == "storelab-nginx"
        default: false
        }
    }

    private var isAnyPartRead: Bool {
        measurement.components.contains { component in
            measurement.usage.contains { $0.cores[component.name] != nil }
        }
    }

    private func sampledSignals() -> [Signal] {
        guard let record = measurement.signals else { return [] }
        return record.series.map { series in
            let limit = series.kind == .throttled ? 1 : series.limit
            return Signal(
                kind: series.kind, component: series.component, role: role(of: series.component), limit: limit,
                points: zip(record.times, series.values).map { Signal.Point(time: $0, value: $1) })
        }
    }

    private func poolSignals() -> [Signal] {
        let origin = measurement.loadBegan ?? measurement.began
        return [SignalKind.mysqlPoolBusy, .mysqlPoolWaiting, .mysqlPoolWait, .mysqlPoolRefused]
            .flatMap { signals($0, sizes: "mysql_pool_size", origin) }
            + [SignalKind.redisPoolBusy, .redisPoolWaiting, .redisPoolWait, .redisPoolRefused]
            .flatMap { signals($0, sizes: "redis_pool_size", origin) }
    }

    private func signals(_ kind: SignalKind, sizes: String, _ origin: UnixTime) -> [Signal] {
        func series(_ name: String) -> [PrometheusSeries] {
            measurement.prometheus.first { $0.name == name }?.series ?? []
        }
        let isBusy = kind == .mysqlPoolBusy || kind == .redisPoolBusy
        return series(kind.rawValue).map { found in
            let replica = found.labels["replica"] ?? ""
            let size = series(sizes).first { $0.labels["replica"] == replica }?.points.last { $0.value != nil }?.value
            return Signal(
                kind: kind, component: replica, role: .store, limit: isBusy ? size ?? nil : nil,
                points: found.points.map { Signal.Point(time: $0.time - origin, value: $0.value) })
        }
    }

    private func generatorSignals() -> [Signal] {
        let points = samples.compactMap { sample -> Signal.Point? in
            guard let loops = sample.generator?.loops, !loops.isEmpty else { return nil }
            let busiest = loops.map { $0.cpu + ($0.cpuWait ?? 0) }.max()
            return Signal.Point(time: Double(sample.second + 1), value: busiest.map { min(1, $0) })
        }
        guard !points.isEmpty else { return [] }
        return [Signal(kind: .generatorBusy, component: Signal.generator, role: nil, limit: 1, points: points)]
    }
}

extension UsageSample {
    /// Cores that the machine used beyond some parts of the stack; nil where that was not read.
    fileprivate func rest(of parts: [String]) -> Double? {
        let used = parts.compactMap { cores[$0] }
        guard let machine = cores[Signal.machine], !used.isEmpty else { return nil }
        return machine - used.reduce(0, +)
    }
}
