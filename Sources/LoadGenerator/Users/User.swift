import Model
import NIOCore

/// One virtual user: performs what its `UserMachine` says on its own connection. Confined to its loop.
final class User: ConnectionOwner {
    /// The user's place among the loop's timers.
    let slot: Int
    /// The loop lets go of its users one by one, so that this is no lasting cycle.
    private let loop: UserLoop
    private var machine = UserMachine()
    private var random: RandomSource
    private var connection: UserConnection?
    private var reader = AnswerReader()

    // The request under way.
    private var task = 0
    private var body = 0
    /// What the request's random parts are drawn from, to write it again for a retry or an example.
    private var draw: RandomSource
    /// Times in nanoseconds of the monotonic clock.
    private var due: UInt64 = 0
    private(set) var deadline: UInt64 = 0
    /// The beginning of an answer that came in several pieces.
    private var heard: [UInt8] = []

    init(slot: Int, loop: UserLoop, random: RandomSource) {
        self.slot = slot
        self.loop = loop
        self.random = random
        draw = random
    }

    var isBusy: Bool { machine.isBusy }

    /// - Parameter due: when the request was to begin; its latency counts from here.
    func begin(due: UInt64, now: UInt64) {
        let plan = loop.plan
        task = plan.pickTask(&random)
        body = plan.tasks[task].pickBody(&random)
        draw = RandomSource(state: random.next())
        self.due = min(due, now)
        deadline = now + plan.timeout
        loop.requestBegan(task: task, lag: now - self.due, by: self)
        perform(machine.begin(idempotent: plan.tasks[task].isIdempotent), now: now)
    }

    func leave(now: UInt64) { perform(machine.leave(), now: now) }

    func expire(now: UInt64) {
        guard machine.isBusy else { return }
        let missing = machine.phase == .connecting ? "no connection" : "no whole answer"
        record(.timeout, latency: deadline - due, now: now) { "\(missing) within the time allowed" }
        perform(machine.expired(), now: now)
    }

    private func perform(_ action: UserMachine.Action, now: UInt64) {
        switch action {
        case .nothing: break
        case .connect:
            let connection = UserConnection(owner: self)
            self.connection = connection
            connection.open(to: loop.address, on: loop.eventLoop, timeout: loop.plan.timeout)
        case .send:
            reader.begin(loop.plan.tasks[task].check)
            var draw = draw
            connection?.send(loop.plan.tasks[task].request(body: body, random: &draw, scratch: &loop.scratch))
        case .close:
            drop()
        case .rest(let rest):
            if rest.closing { drop() }
            loop.rest(self, thinking: loop.plan.pickThinkTime(&random), backOff: rest.backOff, now: now)
        case .leave:
            drop()
            loop.remove(self)
        }
    }

    private func drop() {
        connection?.close()
        connection = nil
    }

    // MARK: What the connection says

    func connectionOpened() { perform(machine.connected(), now: loop.now()) }

    func connectionFailed(_ failure: ConnectFailure) {
        connection = nil
        let now = loop.now()
        record(failure.kind, latency: now - due, now: now) { failure.words }
        perform(machine.connectFailed(), now: now)
    }

    func connectionReceived(_ bytes: ByteBuffer) {
        guard machine.phase == .awaiting else {
            // Nobody asked: what comes after it could not be told from an answer.
            drop()
            return perform(machine.closed(), now: loop.now())
        }
        machine.heard()
        judge(reader.read(bytes.readableBytesUInt8Span), last: bytes)
    }

    func connectionClosed(_ error: (any Error)?) {
        connection = nil
        let now = loop.now()
        if machine.phase == .awaiting, case .complete = reader.end() {
            answered(now: now, last: nil)
            return
        }
        let wasBusy = machine.isBusy
        let action = machine.closed()
        if wasBusy, action != .connect {
            record(.reset, latency: now - due, now: now) {
                error.map { "\($0)" } ?? "the connection was closed before the answer was whole"
            }
        }
        perform(action, now: now)
    }

    private func judge(_ progress: ResponseScanner.Progress, last bytes: ByteBuffer) {
        switch progress {
        case .incomplete:
            keep(bytes)
        case .complete:
            answered(now: loop.now(), last: bytes)
        case .malformed(let fault):
            let now = loop.now()
            record(.malformed, latency: now - due, now: now, last: bytes) { fault.rawValue }
            heard = []
            perform(machine.malformed(), now: now)
        }
    }

    private func answered(now: UInt64, last: ByteBuffer?) {
        if let fault = reader.fault(loop.plan.tasks[task].check) {
            record(fault.kind, latency: now - due, now: now, last: last) { fault.words }
        } else {
            loop.requestSucceeded(task: task, latency: now - due, now: now)
        }
        if !heard.isEmpty { heard = [] }
        perform(machine.answered(keepsAlive: reader.scanner.keepsAlive), now: now)
    }

    // MARK: Examples of failures

    private func keep(_ bytes: ByteBuffer) {
        let room = FailureLog.excerpt - heard.count
        if room > 0 { heard.append(contentsOf: bytes.readableBytesView.prefix(room)) }
    }

    private func record(
        _ kind: FailureKind, latency: UInt64, now: UInt64, last: ByteBuffer? = nil, words: () -> String
    ) {
        guard loop.requestFailed(task: task, kind: kind, latency: latency, now: now) else { return }
        if let last { keep(last) }
        var draw = draw
        let plan = loop.plan.tasks[task]
        let request = plan.request(body: body, random: &draw, scratch: &loop.scratch)
        loop.keep(
            FailureExample(
                task: plan.name, kind: kind, time: loop.elapsed(now), latency: Double(latency) / 1e9, detail: words(),
                request: Excerpt.request(request), response: Excerpt.text(heard)))
    }
}
