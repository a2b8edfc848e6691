import Model

/// A load made ready to be sent: bytes instead of strings, sums instead of weights. Read by every loop, changed by none.
struct LoadPlan: Sendable {
    let tasks: [PlannedTask]
    private let weights: CumulativeWeights
    private let shares: [UInt64]
    /// Names of the values that users keep from answers.
    let variables: [String]
    /// One per table, for its rows in order, then the one of sequences.
    let counters: [SharedCounter]
    let thinkTime: ThinkTime
    /// In nanoseconds.
    let timeout: UInt64
    let seed: UInt64
    /// Whether a user keeps its connection for its next request.
    let keepsConnections: Bool
    /// Of an open load; nil where users come and go.
    let arrivals: ArrivalLaw?
    let origin: Origin

    /// - Throws: a `Problem` that names the task, when a request could not be written from it.
    init(_ load: LoadDefinition, for endpoint: Endpoint) throws {
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
        let (host, closing) = (endpoint.authority, !keepsConnections)
        var names = try RequestNames(load.tasks)
        tasks = try load.tasks.map { try PlannedTask($0, host: host, closing: closing, names: &names) }
        variables = names.variables
        counters = names.files.map { _ in SharedCounter() } + [SharedCounter()]
        shares = load.tasks.map { UInt64(max(0, $0.weight)) }
        weights = CumulativeWeights(shares)
        guard weights.total > 0 else { throw Problem(.usage, "No task has a weight above 0.") }
        guard zip(tasks, shares).contains(where: { $0.needs == 0 && $1 > 0 }) else {
            throw Problem(.usage, "Every task needs a value from an answer: none can be the first.")
        }
        thinkTime = load.thinkTime
        timeout = UInt64(load.timeout * 1e9)
        seed = load.seed
    }

    /// Whether a user must remember more than its place in the load.
    var needsUserValues: Bool { !variables.isEmpty || tasks.contains { !$0.numbers.isEmpty } }

    var usersThink: Bool { thinkTime.maximum > 0 }

    /// A task that can be written with what its user has, by the weights of those.
    /// - Parameter had: bit i for the i-th variable.
    func pickTask(_ random: inout RandomSource, having had: UInt64) -> Int {
        guard !variables.isEmpty else { return weights.pick(&random) }
        var total: UInt64 = 0
        for (task, share) in zip(tasks, shares) where task.needs & ~had == 0 { total += share }
        var draw = random.below(total)
        for (index, task) in tasks.enumerated() where task.needs & ~had == 0 {
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
            case .sequence: numbers.append(counters[counters.count - 1].next())
            case .row(let table): numbers.append(counters[table].next())
            case .randomRow(_, let count): numbers.append(Int(random.below(UInt64(count))))
            }
        }
    }

    /// In nanoseconds.
    func pickThinkTime(_ random: inout RandomSource) -> UInt64 {
        usersThink ? UInt64(thinkTime.draw(&random) * 1e9) : 0
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
