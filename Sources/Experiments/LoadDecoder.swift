import Model

/// Reads `load`.
struct LoadDecoder {
    let log: FaultLog
    let folder: String
    /// For the bounds of random ids in bodies; nil when `stack` has faults.
    let dataset: Dataset?

    private static let holds: ClosedRange<Seconds> = 1...86_400
    static let defaultTimeout: Seconds = 5

    func load(_ value: YAMLValue) -> LoadDefinition? {
        guard let fields = Fields(value, "load", known: DefinitionKeys.load, log: log) else { return nil }
        let tasks = fields.nested("tasks") {
            TaskDecoder(log: log, folder: folder, dataset: dataset).tasks($0, setup: fields.entry("setup")?.value)
        }
        let cookies: Bool?? = fields.optional("cookies", default: nil) { try $0.truth() }
        let isOpen = fields.entry("rate") != nil
        let thinkTime =
            isOpen
            ? fields.optional("think_time", default: ThinkTime(minimum: 0, maximum: 0)) { _ in
                throw Unreadable("requests that arrive at a rate have no users who think; leave it out")
            } : fields.required("think_time") { try self.thinkTime($0) }
        let shape = self.shape(fields)
        let timeout = fields.optional("timeout", default: Self.defaultTimeout) { try $0.duration(in: 0.01...300) }
        let seed = fields.optional("seed", default: Seed(value: 42)) { try $0.loadSeed() }
        let connections = fields.optional("connections", default: ConnectionUse.keepAlive) { try $0.choice() }
        let streams = self.streams(fields, connections)
        let from: [AgentAddress]?? = fields.optional("from", default: nil) { try self.agents($0) }
        let onLoss: AgentLossPolicy?? = fields.optional("on_loss", default: nil) { try $0.choice() }
        if let entry = fields.entry("on_loss"), fields.entry("from") == nil {
            log.add("on_loss: only of a load with \"from\"; without agents none can be lost", at: entry.keyPlace)
        }
        guard let tasks, let cookies, let thinkTime, let shape, var timeout, let seed, let connections, let streams,
            let from, let onLoss
        else { return nil }
        if timeout > shape.shortestHold {
            if let written = fields.entry("timeout") {
                let hold = Quantity.written(duration: shape.shortestHold)
                log.add(
                    "timeout: longer than the shortest hold, \(hold); nothing could time out", at: written.value.place)
            }
            timeout = shape.shortestHold
        }
        return LoadDefinition(
            tasks: tasks.tasks, thinkTime: thinkTime, shape: shape, timeout: timeout, seed: seed.value,
            seedIsDrawn: seed.isDrawn, connections: connections, cookies: cookies, setup: tasks.setup,
            streams: streams, from: from, onLoss: onLoss)
    }

    /// Users who share a connection; nil within for HTTP/1.1.
    private func streams(_ fields: Fields, _ connections: ConnectionUse?) -> Int?? {
        let isHTTP2 = fields.optional("http", default: false) { value in
            switch try value.scalar("1.1 or 2") {
            case "1.1": false
            case "2": true
            case let other: throw Unreadable("expected 1.1 or 2, found \(other.shortened)")
            }
        }
        let streams = fields.optional("streams", default: 1) { value in
            let streams = try value.integer(in: LoadDefinition.streamsOfConnection)
            if isHTTP2 == false { throw Unreadable("only HTTP/2 has streams; add http: 2") }
            if connections == .perRequest, streams > 1 {
                throw Unreadable("connections: new gives each request a connection of its own; leave streams out")
            }
            return streams
        }
        guard let isHTTP2, let streams else { return nil }
        return .some(isHTTP2 ? streams : nil)
    }

    /// One agent, or a list of them; the same one may be there several times.
    private func agents(_ value: YAMLValue) throws(Unreadable) -> [AgentAddress] {
        let values = if case .list(let values) = value.content { values } else { [value] }
        guard (1...100).contains(values.count) else { throw Unreadable("expected a list of 1 to 100 agents") }
        var agents: [AgentAddress] = []
        for value in values {
            let text = try value.scalar("an agent: \(AgentAddress.forms)")
            guard let agent = AgentAddress(text) else {
                throw Unreadable("\"\(text.shortened)\" is no agent; write \(AgentAddress.forms)")
            }
            agents.append(agent)
        }
        return agents
    }

    /// `1s..3s`, one time for both bounds, or `exponential 2s`.
    func thinkTime(_ value: YAMLValue) throws(Unreadable) -> ThinkTime {
        let text = try value.scalar("a time such as 2s, or two bounds such as 1s..3s")
        if text.hasPrefix("exponential ") {
            let mean = try Quantity.duration(String(text.dropFirst(12)).trimmed)
            return ThinkTime(
                exponentialWithMean: try bounded(mean, in: 0.001...3600) { Quantity.written(duration: $0) })
        }
        let bounds = text.split(separator: "..", maxSplits: 1, omittingEmptySubsequences: false)
        var times: [Seconds] = []
        for bound in bounds {
            let time = try Quantity.duration(String(bound).trimmed)
            times.append(try bounded(time, in: 0...3600) { Quantity.written(duration: $0) })
        }
        guard let minimum = times.first, let maximum = times.last else { throw Unreadable("expected a time") }
        guard minimum <= maximum else { throw Unreadable("the bounds of \(text.shortened) are in the wrong order") }
        return ThinkTime(minimum: minimum, maximum: maximum)
    }

    private func shape(_ fields: Fields) -> LoadShape? {
        let given = ["find_limit", "ramp", "staircase", "rate"].compactMap(fields.entry)
        let shapes = given.map { entry -> LoadShape? in
            switch entry.key {
            case "find_limit": findLimit(entry.value).map(LoadShape.findLimit)
            case "ramp": stages(entry.value).map(LoadShape.ramp)
            case "staircase": StaircaseDecoder(log: log).stages(entry.value).map(LoadShape.ramp)
            default: RateDecoder(log: log).shape(entry.value, arrivals: fields.entry("arrivals"))
            }
        }
        if let arrivals = fields.entry("arrivals"), fields.entry("rate") == nil {
            log.add("arrivals: only of a load with \"rate\"; users arrive at their spawn_rate", at: arrivals.keyPlace)
        }
        guard let shape = shapes.first else {
            fields.missing("find_limit", "ramp", "staircase", "rate")
            return nil
        }
        guard given.count == 1 else {
            let names = given.map { "\"\($0.key)\"" }.joined(separator: " and ")
            let later = given.max { $0.keyPlace.line < $1.keyPlace.line } ?? given[0]
            log.add("load: \(names) exclude each other; keep one", at: later.keyPlace)
            return nil
        }
        return shape
    }

    private func findLimit(_ value: YAMLValue) -> LimitSearchPlan? {
        guard let fields = Fields(value, "find_limit", known: DefinitionKeys.findLimit, log: log) else { return nil }
        let from = fields.required("from") { try $0.integer(in: 1...1_000_000) }
        let to = fields.required("to") { try $0.integer(in: 1...1_000_000) }
        let hold = fields.required("hold") { try $0.duration(in: Self.holds) }
        let precision = fields.required("precision") { try $0.share(in: 0.001...1) }
        let factor = fields.optional("factor", default: 2) { try $0.decimal(in: 1.1...10) }
        if let from, let to, from > to, let entry = fields.entry("to") {
            log.add("to: \(to) is below from, \(from)", at: entry.value.place)
            return nil
        }
        guard let from, let to, let hold, let precision, let factor else { return nil }
        return LimitSearchPlan(from: from, to: to, hold: hold, precision: precision, factor: factor)
    }

    private func stages(_ value: YAMLValue) -> [LoadStage]? {
        if case .broken = value.content { return nil }
        guard case .list(let values) = value.content, (1...1000).contains(values.count) else {
            log.add("ramp: expected a list of 1 to 1000 stages, found \(value.foundAsList)", at: value.place)
            return nil
        }
        let stages = values.map(stage)
        guard stages.allSatisfy({ $0 != nil }) else { return nil }
        let ramp = LoadShape.ramp(stages.compactMap(\.self))
        guard ramp.rampSeconds <= 86_400 else {
            log.add("ramp: all stages together take longer than 24h", at: value.place)
            return nil
        }
        return stages.compactMap(\.self)
    }

    private func stage(_ value: YAMLValue) -> LoadStage? {
        guard let fields = Fields(value, "a stage", known: DefinitionKeys.stage, log: log) else { return nil }
        let users = fields.required("users") { try $0.integer(in: 1...1_000_000) }
        let rate = fields.required("spawn_rate") { try $0.spawnRate() }
        let hold = fields.required("hold") { try $0.duration(in: Self.holds) }
        guard let users, let rate, let hold else { return nil }
        return LoadStage(users: users, spawnRate: rate, hold: hold)
    }
}

extension YAMLValue {
    /// For a list, whose length is then what is wrong.
    var foundAsList: String {
        guard case .list(let values) = content else { return found }
        return values.isEmpty ? "an empty list" : "\(values.count)"
    }
}

/// A seed, and whether it was drawn just now.
struct Seed {
    var value: UInt64
    var isDrawn = false
}

extension YAMLValue {
    /// A number, or `random`.
    fileprivate func loadSeed() throws(Unreadable) -> Seed {
        if case .scalar("random", _) = content {
            return Seed(value: .random(in: LoadDefinition.seeds), isDrawn: true)
        }
        return Seed(value: try seed())
    }
}
