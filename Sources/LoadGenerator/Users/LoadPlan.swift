import Model

/// A load made ready to be sent: bytes instead of strings, sums instead of weights. Read by every loop, changed by none. A
/// class, as each task is: a struct's many references would be counted up and down with every request.
final class LoadPlan: Sendable {
    /// Those of the load, then those of its setup.
    let tasks: [PlannedTask]
    /// How many of them are the load's.
    let drawn: Int
    /// Tasks of each user's beginning, in their order.
    let beginning: [Int]
    let keepsCookies: Bool
    let shared = SharedValues()
    private let hasOwnThinkTimes: Bool
    private let weights: CumulativeWeights
    private let shares: [UInt64]
    /// Names of the values that users keep from answers.
    let variables: [String]
    /// One per table, for its rows in order, then the one of sequences.
    let counters: [SharedCounter]
    let thinkTime: ThinkTime
    /// In nanoseconds.
    let timeout: UInt64
    /// In nanoseconds, for the connection alone; nil where it has the whole time.
    let connectTimeout: UInt64?
    let seed: UInt64
    /// What this generator has of the load.
    let part: LoadPart
    /// Requests of all users here; nil for no end.
    let requests: Int?
    private let begun = SharedCounter()
    /// Whether a user keeps its connection for its next request.
    let keepsConnections: Bool
    /// Of an open load; nil where users come and go.
    let arrivals: ArrivalLaw?
    let origin: Origin
    /// nil where no proxy stands before the target.
    let proxy: ProxyUse?
    /// Values that nobody is to see.
    let secrets: SecretMask
    /// Users who share a connection, over HTTP/2; nil for HTTP/1.1.
    let streams: Int?

    /// - Throws: a `Problem` that names the task, when a request could not be written from it.
    init(_ load: LoadDefinition, for endpoint: Endpoint, part: LoadPart = .whole) throws {
        guard !load.tasks.isEmpty else { throw Problem(.usage, "The load has no tasks.") }
        guard load.timeout > 0, load.timeout <= 3600 else {
            throw Problem(.usage, "The timeout of \(load.timeout) s is not between 0 and 3600 s.")
        }
        guard load.thinkTime.minimum >= 0, load.thinkTime.maximum >= load.thinkTime.minimum,
            load.thinkTime.maximum <= 86_400
        else { throw Problem(.usage, "The think time is not between 0 s and a day, smaller bound first.") }
        keepsConnections = load.connections == .keepAlive
        if case .rate(_, let law) = load.shape { arrivals = law } else { arrivals = nil }
        origin = Origin(endpoint)
        streams = load.streams
        // A proxy reads what is sent in the open over HTTP/1.1 alone.
        let isTunnelled = endpoint.trust != nil || load.streams != nil
        proxy = endpoint.proxy.map { ProxyUse($0, to: endpoint, isTunnelled: isTunnelled) }
        secrets = SecretMask(load.tasks + load.setup)
        guard load.streams.map({ $0 > 0 }) ?? true else {
            throw Problem(.usage, "A connection carries at least one stream.")
        }
        let (host, closing) = (endpoint.authority, !keepsConnections)
        let keepsCookies = load.keepsCookies
        self.keepsCookies = keepsCookies
        var names = try RequestNames(load.tasks + load.setup)
        let places = Self.places(of: load.tasks) + load.setup.map { _ in .drawn }
        tasks = try zip(load.tasks + load.setup, places).map { task, place in
            try PlannedTask(
                task, place: place, host: host, closing: closing, keepsCookies: keepsCookies, names: &names)
        }
        drawn = load.tasks.count
        beginning = load.tasks.indices.filter { places[$0] == .beginning }
        hasOwnThinkTimes = tasks.contains { $0.thinkTime != nil }
        variables = names.variables
        counters = names.files.map { _ in SharedCounter() } + [SharedCounter()]
        shares = load.tasks.map { $0.isDrawn ? UInt64(max(0, $0.weight)) : 0 }
        weights = CumulativeWeights(shares)
        guard weights.total > 0 else { throw Problem(.usage, "No task has a weight above 0.") }
        let givers = tasks.indices.filter { $0 >= load.tasks.count || places[$0] == .beginning }
        let first = zip(tasks.indices, tasks).reduce(0) { givers.contains($1.0) ? $0 | $1.1.gives : $0 }
        guard zip(tasks, shares).contains(where: { $0.needs & ~first == 0 && $1 > 0 }) else {
            throw Problem(.usage, "Every task needs a value from an answer: none can be the first.")
        }
        thinkTime = load.thinkTime
        timeout = UInt64(load.timeout * 1e9)
        connectTimeout = load.connectTimeout.map { UInt64($0 * 1e9) }
        seed = load.seed
        self.part = part
        requests = load.requests.map(part.share)
    }

    /// A request as it goes out.
    func forProxy(_ request: [UInt8]) -> [UInt8] { proxy?.written(request) ?? request }

    func forProxy(_ parts: [Outgoing.Part]) -> [Outgoing.Part] {
        guard let proxy, case .bytes(let first)? = parts.first else { return parts }
        return [.bytes(proxy.written(first))] + parts.dropFirst()
    }

    /// Of each task, when it comes.
    private static func places(of tasks: [LoadTask]) -> [PlannedTask.Place] {
        tasks.map { task in
            switch task.order {
            case nil: .drawn
            case .once: .beginning
            case .step(let number, let flow):
                .step(next: tasks.firstIndex { $0.order == .step(number + 1, of: flow) })
            }
        }
    }

    /// Whether a user must remember more than its place in the load.
    var needsUserValues: Bool {
        !variables.isEmpty || keepsCookies
            || tasks.contains {
                !$0.numbers.isEmpty || $0.place != .drawn || $0.follow > 0 || $0.asksToContinue || $0.isStreamed
            }
    }

    /// Counts a request that is to begin.
    /// - Returns: false when there are as many as there were to be.
    func mayBegin() -> Bool {
        guard let requests else { return true }
        return begun.next() < requests
    }

    var usersThink: Bool { thinkTime.maximum > 0 }

    /// The task that comes next, or one that can be written with what its user has, by the weights of those.
    /// - Parameter own: of the user; nil where no request of the load has use for it.
    func pickTask(_ random: inout RandomSource, own: UserValues?) -> Int {
        if let next = own?.inOrder(self) { return next }
        guard !variables.isEmpty else { return weights.pick(&random) }
        let had = own?.had ?? 0
        var total: UInt64 = 0
        for (task, share) in zip(tasks, shares) where task.needs & ~had == 0 { total += share }
        // Somebody who has forgotten what its beginning gave.
        guard total > 0 else { return beginning.first ?? 0 }
        var draw = random.below(total)
        for (index, task) in zip(shares.indices, tasks) where task.needs & ~had == 0 {
            if draw < shares[index] { return index }
            draw -= shares[index]
        }
        return 0
    }

    /// The numbers of one request, for the places of its task that count or choose a row.
    func drawNumbers(for task: Int, into numbers: inout [Int], random: inout RandomSource) {
        numbers.removeAll(keepingCapacity: true)
        for source in tasks[task].numbers {
            switch source {
            case .sequence: numbers.append(part.number(counters[counters.count - 1].next()))
            case .row(let table): numbers.append(part.number(counters[table].next()))
            case .randomRow(_, let count): numbers.append(Int(random.below(UInt64(count))))
            }
        }
    }

    /// In nanoseconds.
    func pickThinkTime(_ random: inout RandomSource, after task: Int) -> UInt64 {
        if hasOwnThinkTimes, let own = tasks[task].thinkTime { return UInt64(own.draw(&random) * 1e9) }
        return usersThink ? UInt64(thinkTime.draw(&random) * 1e9) : 0
    }
}

/// Choice by weight in one draw.
struct CumulativeWeights: Sendable {
    private let sums: [UInt64]
    let total: UInt64

    init(_ weights: [UInt64]) {
        var sum: UInt64 = 0
        sums = weights.map { weight in
            sum += weight
            return sum
        }
        total = sum
    }

    func pick(_ random: inout RandomSource) -> Int {
        guard sums.count > 1 else { return 0 }
        let draw = random.below(total)
        return sums.firstIndex { draw < $0 } ?? 0
    }
}

extension LoadTask {
    /// Whether it is drawn by its weight: not at a user's beginning, and not as a later step of a flow.
    fileprivate var isDrawn: Bool {
        switch order {
        case nil, .step(0, _): true
        case .once, .step: false
        }
    }
}
