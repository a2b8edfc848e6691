import Model

/// One task's request and what its answer must be.
final class PlannedTask: Sendable {
    let name: String
    /// Sent again by itself when a connection closed under it (RFC 9110, section 9.2.2).
    let isIdempotent: Bool
    let check: AnswerCheck
    /// Variables without which the request cannot be written, as bits.
    let needs: UInt64
    /// Variables that the user has no more after a good answer, as bits.
    let forgets: UInt64
    /// Variables that a good answer gives, in the order of the check's.
    let takes: [Int]
    /// Which of them are the path of a later request.
    private let references: [Bool]
    /// Redirects that are followed.
    let follow: Int
    let place: Place
    /// nil for that of the load.
    let thinkTime: ThinkTime?
    /// Its cookies are its own, not the user's.
    let writesCookies: Bool
    /// Whether a body lies in files, which are sent from where they are.
    let isStreamed: Bool
    /// Whether the body waits for the server's word (RFC 9110, section 10.1.1).
    let asksToContinue: Bool
    /// What is drawn once for the whole of a request.
    let numbers: [RequestTemplate.NumberSource]
    /// The whole request when it has no body, else all before the value of Content-Length.
    private let head: RequestTemplate
    private let bodies: [RequestTemplate]
    private let shares: CumulativeWeights

    /// When its time has come.
    enum Place: Sendable, Equatable {
        case drawn
        /// Once per user, before all others.
        case beginning
        /// The task that comes after this one; nil at the end of a flow.
        case step(next: Int?)
    }

    /// - Parameters:
    ///   - closing: the connection is to carry this request only.
    ///   - keepsCookies: users have cookies.
    init(
        _ task: LoadTask, place: Place, host: String, closing: Bool, keepsCookies: Bool, names: inout RequestNames
    ) throws {
        name = task.name
        isIdempotent =
            task.method != .post && task.method != .patch
            || task.headers.contains { $0.name.lowercased() == "idempotency-key" }
        check = try AnswerCheck(
            task.expect, task: task.name, takes: task.takes, isBodiless: task.method == .head,
            noticesSession: keepsCookies || task.follow != nil)
        follow = task.follow ?? 0
        self.place = place
        thinkTime = task.thinkTime
        asksToContinue =
            !task.bodies.isEmpty
            && task.headers.contains { $0.name.lowercased() == "expect" && "\($0.pieces)".contains("100-continue") }
        writesCookies = task.headers.contains { $0.name.lowercased() == "cookie" }
        needs = try names.bits(task.needs, of: task.name)
        forgets = try names.bits(task.forgets, of: task.name)
        let known = names
        takes = try task.takes.map { try known.variable($0.name, of: task.name) }
        references = task.takes.map { known.references.contains($0.name) }
        var numbers: [RequestTemplate.NumberSource] = []
        head = try Self.head(task, host: host, closing: closing, names: &names, numbers: &numbers)
        let type = task.headers.first { $0.name.lowercased() == "content-type" }.map { "\($0.pieces)" }
        let part = TextPlace.part(ofBody: type)
        bodies = try task.bodies.map { body in
            var template = RequestTemplate()
            try template.append(body.pieces, as: part, of: task.name, names: &names, numbers: &numbers)
            return template
        }
        self.numbers = numbers
        isStreamed = bodies.contains(where: \.hasFiles)
        // Shares are kept to a millionth.
        shares = CumulativeWeights(task.bodies.map { UInt64(min(max(0, $0.share), 1e6) * 1e6) })
        guard bodies.isEmpty || shares.total > 0 else {
            throw Problem(.usage, "No body of task \(task.name) has a share above 0.")
        }
    }

    private static func head(
        _ task: LoadTask, host: String, closing: Bool, names: inout RequestNames,
        numbers: inout [RequestTemplate.NumberSource]
    ) throws -> RequestTemplate {
        var path = RequestTemplate()
        let pieces = names.withoutSlash(task.pathPieces.isEmpty ? [.text(task.path)] : task.pathPieces)
        try path.append(pieces, as: .target, of: task.name, names: &names, numbers: &numbers)
        var isPath = task.path.hasPrefix("/")
        if let first = pieces.first, case .text = first {} else { isPath = !pieces.isEmpty }
        guard isPath, path.isSendable else {
            throw Problem(
                .usage, "The path of task \(task.name) does not start with a slash, or has a blank in it: \(task.path)")
        }
        var head = RequestTemplate("\(task.method.rawValue) ")
        head.append(path)
        head.append(" HTTP/1.1\r\n")
        let own = Set(task.headers.map { $0.name.lowercased() })
        let usual = [("Host", host), ("User-Agent", "storelab"), ("Accept", "application/json")]
        for (name, value) in usual where !own.contains(name.lowercased()) { head.append("\(name): \(value)\r\n") }
        for header in task.headers {
            guard header.name.isToken else {
                throw Problem(.usage, "\(header.name) of task \(task.name) is no name of a header.")
            }
            head.append("\(header.name): ")
            try head.append(header.pieces, as: .field, of: task.name, names: &names, numbers: &numbers)
            head.append("\r\n")
        }
        if closing { head.append("Connection: close\r\n") }
        if !task.bodies.isEmpty {
            if !own.contains("content-type") { head.append("Content-Type: application/json\r\n") }
            head.append("Content-Length: ")
        } else {
            head.append(task.method.expectsBody ? "Content-Length: 0\r\n\r\n" : "\r\n")
        }
        return head
    }

    var bodyCount: Int { bodies.count }
    /// The variables that a good answer gives, as bits.
    var gives: UInt64 { takes.reduce(0) { $0 | 1 << UInt64($1) } }
    /// Whether a good answer changes what its user has.
    var changesUser: Bool { !takes.isEmpty || forgets != 0 }

    /// Values of an answer as later requests have use for them: what is a path there is read against this request's.
    /// - Parameter request: the one that was answered.
    func placed(
        _ values: [[UInt8]], origin: Origin, request: () -> [UInt8]
    ) -> Result<[[UInt8]], AnswerFault> {
        guard references.contains(true) else { return .success(values) }
        let base = Array(request().split(separator: 0x20, maxSplits: 2).dropFirst().first ?? [])
        var placed: [[UInt8]] = []
        for (value, isReference) in zip(values, references) {
            guard let target = isReference ? origin.target(of: value, from: base) : value else {
                return .failure(.otherHost(String(decoding: value.prefix(200), as: UTF8.self)))
            }
            placed.append(target)
        }
        return .success(placed)
    }

    func pickBody(_ random: inout RandomSource) -> Int { bodies.isEmpty ? 0 : shares.pick(&random) }

    /// One request in parts: its head with what the body has before the first file, and what follows.
    func outgoing(
        body index: Int, own: UserValues?, random: inout RandomSource, scratch: inout RequestScratch
    ) -> [Outgoing.Part] {
        scratch.request.removeAll(keepingCapacity: true)
        head.write(into: &scratch.request, own: own, random: &random)
        var parts = bodies[index].parts(own: own, random: &random)
        scratch.request.append(decimal: parts.reduce(0) { $0 + $1.count })
        scratch.request.append(contentsOf: [0x0D, 0x0A, 0x0D, 0x0A])
        if case .bytes(let first)? = parts.first {
            scratch.request.append(contentsOf: first)
            parts.removeFirst()
        }
        return [.bytes(scratch.request)] + parts
    }

    /// The bytes of one request, without a file in its body and what follows that; its random parts are drawn from `random`.
    /// - Parameters:
    ///   - own: of the user; nil where no request of the load has use for it.
    ///   - scratch: memory that is used again once the request is out of the door.
    func request(
        body index: Int, own: UserValues?, random: inout RandomSource, scratch: inout RequestScratch
    ) -> [UInt8] {
        if bodies.isEmpty, let constant = head.constant { return constant }
        if isStreamed {
            guard case .bytes(let first)? = outgoing(body: index, own: own, random: &random, scratch: &scratch).first
            else { return [] }
            return first
        }
        scratch.request.removeAll(keepingCapacity: true)
        head.write(into: &scratch.request, own: own, random: &random)
        guard !bodies.isEmpty else { return scratch.request }
        scratch.body.removeAll(keepingCapacity: true)
        bodies[index].write(into: &scratch.body, own: own, random: &random)
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

extension String {
    /// Whether it can be the name of a header field (RFC 9110, section 5.6.2).
    fileprivate var isToken: Bool {
        !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
