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
            var exchange = ProbeExchange(deadline: began + plan.timeout, isHTTP2: plan.streams != nil)
            let parts = plan.forProxy([.bytes(sent)] + (own.hop?.dropsBody == true ? [] : rest))
            var fault = exchange.run(
                parts, check: task.check, address: address, security, tunnel: plan.proxy?.connect)
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
                plan.secrets.hidden(
                    FailureExample(
                        task: task.name, kind: kind, time: 0, latency: latency, detail: words,
                        request: Excerpt.request(sent),
                        response: Excerpt.text(exchange.heard.beginning(FailureLog.excerpt))))
            }
            return Outcome(
                result: PreflightResult(task: task.name, failure: failure, latency: latency), taken: taken,
                cookies: own.cookies)
        }
    }
}
