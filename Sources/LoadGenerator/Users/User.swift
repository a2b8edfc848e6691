import Model

/// One virtual user: performs what its `UserMachine` says over its `Carrier`. Confined to its loop. There are tens of
/// thousands: what only some need for a while is kept apart.
final class User {
    /// The user's place among the loop's timers.
    let slot: Int
    /// The loop outlives its users: it alone holds them.
    unowned(unsafe) let loop: UserLoop
    let carrier: Carrier
    /// nil where no request of the load has use for it.
    let own: UserValues?
    private var machine = UserMachine()
    private var random: RandomSource

    // The request under way.
    private(set) var task = 0
    private var body = 0
    /// What the request's random parts are drawn from, to write it again for a retry or an example.
    private var draw: RandomSource
    /// Times in nanoseconds of the monotonic clock.
    private(set) var due: UInt64 = 0
    private(set) var sent: UInt64 = 0
    private(set) var firstByte: UInt64 = 0
    private(set) var deadline: UInt64 = 0

    /// - Parameter isFirst: of all users of this generator; it goes on with the session in which the tasks were tried.
    init(slot: Int, loop: UserLoop, random: RandomSource, isFirst: Bool) {
        self.slot = slot
        self.loop = loop
        self.random = random
        draw = random
        carrier = Carrier(loop)
        own = loop.plan.needsUserValues ? UserValues(loop.plan) : nil
        if isFirst, let own, let session = loop.plan.shared.takeFirst() { own.adopt(session, in: loop.plan) }
    }

    var isBusy: Bool { machine.isBusy }
    var isConnecting: Bool { machine.phase == .connecting }
    var isAwaiting: Bool { machine.phase == .awaiting }

    /// - Parameters:
    ///   - due: when the request was to begin; its latency counts from here.
    ///   - draws: what everything about the request is drawn from; nil goes on with the user's own.
    func begin(due: UInt64, now: UInt64, draws: RandomSource? = nil) {
        let plan = loop.plan
        if let draws { random = draws }
        task = plan.pickTask(&random, own: own)
        body = plan.tasks[task].pickBody(&random)
        if let own {
            own.hop = nil
            plan.drawNumbers(for: task, into: &own.numbers, random: &random)
        }
        draw = RandomSource(state: random.next())
        self.due = min(due, now)
        sent = now
        deadline = now + plan.timeout
        loop.requestBegan(task: task, due: self.due, lag: now - self.due, by: self)
        perform(machine.begin(idempotent: plan.tasks[task].isIdempotent), now: now)
    }

    /// Begins in the middle of a thought.
    func think(now: UInt64) {
        let pause = UInt64(loop.plan.thinkTime.drawRemainder(&random) * 1e9)
        loop.rest(self, thinking: pause, backOff: false, now: now)
    }

    func leave(now: UInt64) { perform(machine.leave(), now: now) }

    /// Goes at once, whatever it waits for.
    func abandon() {
        carrier.drop(leaving: true)
        loop.remove(self)
    }

    func expire(now: UInt64) {
        guard machine.isBusy else { return }
        let missing = isConnecting ? "no connection" : "no complete answer"
        record(.timeout, Heard(), latency: deadline - due, now: now) { "\(missing) within the timeout" }
        perform(machine.expired(), now: now)
    }

    /// A body that waits for the server's word waits no longer.
    func proceed() { if isAwaiting { carrier.proceed() } }

    private func perform(_ action: UserMachine.Action, now: UInt64) {
        switch action {
        case .nothing: break
        case .connect: connect(now: now)
        case .send:
            firstByte = 0
            if loop.plan.connectTimeout != nil { deadline = sent + loop.plan.timeout }
            carrier.send(for: self, now: now)
        case .close: carrier.drop(leaving: false)
        case .rest(let rest):
            if rest.closing { carrier.drop(leaving: false) }
            loop.rest(self, thinking: loop.plan.pickThinkTime(&random, after: task), backOff: rest.backOff, now: now)
        case .leave:
            carrier.drop(leaving: true)
            loop.remove(self)
        }
    }

    private func connect(now: UInt64) {
        if let error = carrier.open(for: self) { return connectFailed(error, now: now) }
        if let limit = loop.plan.connectTimeout {
            deadline = min(sent + loop.plan.timeout, Clocks.now + limit)
            loop.hasten(self)
        }
    }

    // MARK: The request under way

    var plannedTask: PlannedTask { loop.plan.tasks[task] }

    func writtenRequest() -> [UInt8] {
        var draw = draw
        let request = loop.plan.tasks[task].request(body: body, own: own, random: &draw, scratch: &loop.scratch)
        guard let own, own.cookies != nil || own.hop != nil else { return request }
        return own.dressed(request, of: loop.plan.tasks[task], for: loop.plan.origin)
    }

    /// The same, with a body that lies in files.
    func requestParts() -> [Outgoing.Part] {
        var draw = draw
        var parts = plannedTask.outgoing(body: body, own: own, random: &draw, scratch: &loop.scratch)
        guard let own else { return parts }
        if own.hop?.dropsBody == true { parts = Array(parts.prefix(1)) }
        if case .bytes(let first)? = parts.first {
            parts[0] = .bytes(own.dressed(first, of: plannedTask, for: loop.plan.origin))
        }
        return parts
    }

    // MARK: What the carrier tells

    func connected(now: UInt64) { perform(machine.connected(), now: now) }

    func connectFailed(_ error: SocketError, now: UInt64) {
        carrier.drop(leaving: false)
        record(error.kind, Heard(), latency: now - due, now: now) { error.words }
        perform(machine.connectFailed(), now: now)
    }

    /// Something of the answer came.
    func heard(now: UInt64) {
        machine.heard()
        if firstByte == 0 { firstByte = now }
    }

    /// The connection is gone, and nothing was asked on it.
    func disconnected(now: UInt64) { perform(machine.closed(), now: now) }

    /// - Parameter error: nil for an orderly end.
    func closed(_ error: SocketError?, _ heard: Heard, unseen: Bool, now: UInt64) {
        let wasBusy = machine.isBusy
        let action = machine.closed(unseen: unseen)
        if wasBusy, action == .connect { loop.recorder.reconnected(task: task) }
        if wasBusy, action != .connect {
            record(error?.kind == .tls ? .tls : .reset, heard, latency: now - due, now: now) {
                error?.words ?? "the connection was closed before the answer was whole"
            }
        }
        perform(action, now: now)
    }

    /// The server has not looked at the request, and says so: it is sent again (RFC 9113, section 8.7).
    func unprocessed(now: UInt64) {
        let action = machine.unprocessed()
        if action == .connect {
            loop.recorder.reconnected(task: task)
        } else {
            record(.reset, Heard(), latency: now - due, now: now) {
                "\(UserMachine.mostLeftOut) connections ended (GOAWAY) before the server took the request"
            }
        }
        perform(action, now: now)
    }

    /// The server gave up this request alone.
    func streamReset(_ words: String, _ heard: Heard, keepsAlive: Bool, now: UInt64) {
        record(.stream, heard, latency: now - due, now: now) { words }
        end(keepsAlive: keepsAlive && loop.plan.keepsConnections)
    }

    func malformed(_ words: String, _ heard: Heard, now: UInt64) {
        record(.malformed, heard, latency: now - due, now: now) { words }
        perform(machine.malformed(), now: Clocks.now)
    }

    /// The answer was judged, and the request is over. An answer that came before all of the request was sent ends the
    /// connection: what would be sent next on it, the peer would take for the rest of that request (RFC 9112, section 9.3).
    func end(keepsAlive: Bool) {
        // The next request of a user who does not think goes out now, which may be later than the answer came.
        perform(machine.answered(keepsAlive: keepsAlive && carrier.isSent), now: Clocks.now)
    }

    /// Goes where a redirect leads, as a part of the same request.
    func follow(_ hop: Hop, _ own: UserValues, keepsAlive: Bool) {
        own.hop = hop
        loop.recorder.hopped(task: task)
        let stays = keepsAlive && carrier.isSent
        if !stays { carrier.drop(leaving: false) }
        let isSafe = loop.plan.tasks[task].isIdempotent || hop.method == Array("GET".utf8)
        perform(machine.redirected(keepsAlive: stays, idempotent: isSafe), now: Clocks.now)
    }
}
