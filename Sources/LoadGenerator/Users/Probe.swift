import Glibc
import Model
import Threads

/// One request on a connection of its own, before the load: does the task work at all? It blocks its thread.
struct Probe: Sendable {
    struct Outcome: Sendable {
        var result: PreflightResult
        /// Values of an answer that was as expected.
        var taken: [[UInt8]]
        /// The user's after the answer.
        var cookies: CookieJar?
    }

    private let task: PlannedTask
    /// As the task has it, without cookies.
    private let request: [UInt8]
    /// What follows it, in files.
    private let rest: [Outgoing.Part]
    private let session: Session
    private let plan: LoadPlan

    init(plan: LoadPlan, task index: Int, body: Int, own: UserValues) {
        task = plan.tasks[index]
        self.plan = plan
        var draw = RandomSource(seed: plan.seed, ordinal: -1 - body)
        var scratch = RequestScratch()
        plan.drawNumbers(for: index, into: &own.numbers, random: &draw)
        if task.isStreamed {
            let parts = task.outgoing(body: body, own: own, random: &draw, scratch: &scratch)
            request = if case .bytes(let first)? = parts.first { first } else { [] }
            rest = Array(parts.dropFirst())
        } else {
            request = task.request(body: body, own: own, random: &draw, scratch: &scratch)
            rest = []
        }
        session = own.session
    }

    /// Follows redirects as the task asks for it, each on a connection of its own.
    func run(to address: SocketAddress, _ security: TLSContext?) -> Outcome {
        BrokenPipes.ignore()
        let began = Clocks.now
        let own = UserValues(plan)
        own.adopt(session, in: plan)
        while true {
            let sent = own.dressed(request, of: task, for: plan.origin)
            var exchange = Exchange(deadline: began + plan.timeout)
            let parts = [.bytes(sent)] + (own.hop?.dropsBody == true ? [] : rest)
            var fault = exchange.run(parts, check: task.check, address: address, security)
            own.store(exchange.scanner.setCookies, from: plan.origin, request: { sent })
            if fault == nil || exchange.isWhole,
                let next = Hop.after(exchange.scanner, to: sent, hop: own.hop, most: task.follow, origin: plan.origin)
            {
                switch next {
                case .success(let hop):
                    own.hop = hop
                    continue
                case .failure(let refused): fault = (refused.kind, refused.words)
                }
            }
            var taken: [[UInt8]] = []
            if fault == nil {
                let placed = exchange.taken(task.check, jar: own.cookies).flatMap {
                    task.placed($0, origin: plan.origin, request: { sent })
                }
                switch placed {
                case .success(let values): taken = values
                case .failure(let missing): fault = (missing.kind, missing.words)
                }
            }
            let latency = Double(Clocks.now - began) / 1e9
            let failure = fault.map { kind, words in
                FailureExample(
                    task: task.name, kind: kind, time: 0, latency: latency, detail: words,
                    request: Excerpt.request(sent), response: Excerpt.text(exchange.heard))
            }
            return Outcome(
                result: PreflightResult(task: task.name, failure: failure, latency: latency), taken: taken,
                cookies: own.cookies)
        }
    }
}

private struct Exchange {
    let deadline: UInt64
    private(set) var heard: [UInt8] = []
    /// Whether an answer came whole, however it was judged.
    private(set) var isWhole = false
    private var reader = AnswerReader()

    var scanner: ResponseScanner { reader.scanner }

    typealias Fault = (kind: FailureKind, words: String)

    init(deadline: UInt64) {
        self.deadline = deadline
    }

    func taken(_ check: AnswerCheck, jar: CookieJar?) -> Result<[[UInt8]], AnswerFault> {
        reader.taken(check, jar: jar)
    }

    /// - Returns: nil when the answer is as expected, else what went wrong.
    mutating func run(
        _ request: [Outgoing.Part], check: AnswerCheck, address: SocketAddress, _ security: TLSContext?
    ) -> Fault? {
        var socket: Socket
        switch Socket.connect(to: address, from: nil) {
        case .success(let opened): socket = opened
        case .failure(let error): return (error.kind, error.words)
        }
        if let security {
            guard let secured = socket.secured(by: security) else {
                socket.close()
                return (.exhausted, "no memory is left")
            }
            socket = secured
        }
        defer { socket.close() }
        guard wait(socket, for: POLLOUT) else { return (.timeout, "no connection within the timeout") }
        let error = SocketError(socket.pendingError)
        guard error.code == 0 else { return (error.kind, error.words) }
        securing: while let tls = socket.tls {
            switch tls.handshake() {
            case .done: break securing
            case .failed(let error): return (error.kind, error.words)
            case .waiting:
                guard wait(socket, for: POLLIN) else {
                    return (.timeout, "no secure connection within the timeout")
                }
            }
        }
        reader.begin(check)
        return answer(to: request, over: socket, check)
    }

    /// Sends and listens at the same time: an answer may come before the request has gone out.
    private mutating func answer(
        to request: [Outgoing.Part], over socket: Socket, _ check: AnswerCheck
    ) -> Fault? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        var outgoing = Outgoing(request)
        var isOut = false
        while Clocks.now < deadline {
            // A connection that fails here says why when it is read.
            if !isOut { isOut = outgoing.send(over: socket) ?? true }
            let progress: ResponseScanner.Progress
            switch socket.read(into: buffer) {
            case .nothingYet:
                _ = wait(socket, for: isOut ? POLLIN : POLLIN | POLLOUT)
                continue
            case .bytes(let count, _):
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                heard.append(contentsOf: bytes.prefix(FailureLog.excerpt - min(heard.count, FailureLog.excerpt)))
                progress = reader.read(bytes)
                if case .incomplete = progress { continue }
            case .end:
                progress = reader.end()
            case .failed(let error):
                return (error.kind == .tls ? .tls : .reset, error.words)
            }
            return verdict(progress, check)
        }
        return isOut
            ? (.timeout, "no complete answer within the timeout")
            : (.timeout, "the request could not be sent within the timeout")
    }

    private mutating func verdict(
        _ progress: ResponseScanner.Progress, _ check: AnswerCheck
    ) -> Fault? {
        switch progress {
        case .malformed(let fault): return (.malformed, fault.rawValue)
        case .incomplete: return (.reset, "the connection was closed before the answer was whole")
        case .complete:
            isWhole = true
            return reader.fault(check).map { ($0.kind, $0.words) }
        }
    }

    /// - Returns: false when the time is over.
    private func wait(_ socket: Socket, for events: Int32) -> Bool {
        while true {
            let now = Clocks.now
            guard now < deadline else { return false }
            var waited = pollfd(fd: socket.descriptor, events: Int16(events), revents: 0)
            let count = poll(&waited, 1, CInt(clamping: (deadline - now) / 1_000_000 + 1))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return false }
        }
    }
}
