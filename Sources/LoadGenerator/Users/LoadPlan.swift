import Model

/// A load made ready to be sent: bytes instead of strings, sums instead of weights. Read by every loop, changed by none.
struct LoadPlan: Sendable {
    let tasks: [PlannedTask]
    private let weights: CumulativeWeights
    let thinkTime: ThinkTime
    /// In nanoseconds.
    let timeout: UInt64
    let seed: UInt64
    /// Whether a user keeps its connection for its next request.
    let keepsConnections: Bool
    /// Of an open load; nil where users come and go.
    let arrivals: ArrivalLaw?

    /// - Throws: a `Problem` that names the task, when a request could not be written from it.
    init(_ load: LoadDefinition, host: String) throws {
        guard !load.tasks.isEmpty else { throw Problem(.usage, "The load has no tasks.") }
        guard load.timeout > 0, load.timeout <= 3600 else {
            throw Problem(.usage, "The timeout of \(load.timeout) s is not between 0 and 3600 s.")
        }
        guard load.thinkTime.minimum >= 0, load.thinkTime.maximum >= load.thinkTime.minimum,
            load.thinkTime.maximum <= 86_400
        else { throw Problem(.usage, "The think time is not between 0 s and a day, smaller bound first.") }
        keepsConnections = load.connections == .keepAlive
        if case .rate(_, let law) = load.shape { arrivals = law } else { arrivals = nil }
        let closing = !keepsConnections
        tasks = try load.tasks.map { try PlannedTask($0, host: host, closing: closing) }
        weights = CumulativeWeights(load.tasks.map { UInt64(max(0, $0.weight)) })
        guard weights.total > 0 else { throw Problem(.usage, "No task has a weight above 0.") }
        thinkTime = load.thinkTime
        timeout = UInt64(load.timeout * 1e9)
        seed = load.seed
    }

    func pickTask(_ random: inout RandomSource) -> Int { weights.pick(&random) }

    /// In nanoseconds.
    func pickThinkTime(_ random: inout RandomSource) -> UInt64 {
        guard thinkTime.maximum > 0 else { return 0 }
        switch thinkTime.law {
        case .uniform:
            let width = thinkTime.maximum - thinkTime.minimum
            return UInt64((thinkTime.minimum + width * random.fraction()) * 1e9)
        case .exponential:
            return UInt64(min(thinkTime.mean * random.exponential(), thinkTime.maximum) * 1e9)
        }
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

/// One task's request and what its answer must be.
struct PlannedTask: Sendable {
    let name: String
    /// Sent again by itself when a connection closed under it (RFC 9110, section 9.2.2).
    let isIdempotent: Bool
    let check: AnswerCheck
    /// The whole request when it has no body, else all before the value of Content-Length; after the path where that is
    /// drawn anew for each request.
    private let head: [UInt8]
    private let start: [UInt8]
    private let path: RequestTemplate
    private let bodies: [RequestTemplate]
    private let shares: CumulativeWeights

    /// - Parameter closing: the connection is to carry this request only.
    init(_ task: LoadTask, host: String, closing: Bool) throws {
        path = RequestTemplate(task.pathPieces)
        guard task.path.hasPrefix("/"), path.isConstant ? task.path.isSendable : path.isSendable else {
            throw Problem(
                .usage, "The path of task \(task.name) does not start with a slash, or has a blank in it: \(task.path)")
        }
        name = task.name
        isIdempotent = task.method != .post
        check = try AnswerCheck(task.expect, task: task.name)
        bodies = task.bodies.map { RequestTemplate($0.pieces) }
        // Shares are kept to a millionth.
        shares = CumulativeWeights(task.bodies.map { UInt64(min(max(0, $0.share), 1e6) * 1e6) })
        guard bodies.isEmpty || shares.total > 0 else {
            throw Problem(.usage, "No body of task \(task.name) has a share above 0.")
        }
        start = Array("\(task.method.rawValue) ".utf8)
        var text = path.isConstant ? "\(task.method.rawValue) \(task.path)" : ""
        text += " HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: storelab\r\n"
        text += "Accept: application/json\r\n"
        if closing { text += "Connection: close\r\n" }
        if !bodies.isEmpty {
            text += "Content-Type: application/json\r\nContent-Length: "
        } else if task.method == .post || task.method == .put {
            text += "Content-Length: 0\r\n\r\n"
        } else {
            text += "\r\n"
        }
        head = Array(text.utf8)
    }

    var bodyCount: Int { bodies.count }

    func pickBody(_ random: inout RandomSource) -> Int { bodies.isEmpty ? 0 : shares.pick(&random) }

    /// The bytes of one request; its random parts are drawn from `random`.
    /// - Parameter scratch: memory that is used again once the request is out of the door.
    func request(body index: Int, random: inout RandomSource, scratch: inout RequestScratch) -> [UInt8] {
        if bodies.isEmpty, path.isConstant { return head }
        scratch.request.removeAll(keepingCapacity: true)
        if !path.isConstant {
            scratch.request.append(contentsOf: start)
            path.write(into: &scratch.request, random: &random)
        }
        scratch.request.append(contentsOf: head)
        guard !bodies.isEmpty else { return scratch.request }
        scratch.body.removeAll(keepingCapacity: true)
        bodies[index].write(into: &scratch.body, random: &random)
        scratch.request.append(decimal: scratch.body.count)
        scratch.request.append(contentsOf: [0x0D, 0x0A, 0x0D, 0x0A])
        scratch.request.append(contentsOf: scratch.body)
        return scratch.request
    }
}

/// Two buffers per loop in which requests with bodies are put together.
struct RequestScratch {
    var body: [UInt8] = []
    var request: [UInt8] = []
}
