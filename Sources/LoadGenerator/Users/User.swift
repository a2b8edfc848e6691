import Glibc
import Model

/// One virtual user: performs what its `UserMachine` says on its own connection. Confined to its loop. There are tens of
/// thousands: what only some need for a while is kept apart.
final class User {
    /// The user's place among the loop's timers.
    let slot: Int
    /// The loop outlives its users: it alone holds them.
    private unowned(unsafe) let loop: UserLoop
    private var machine = UserMachine()
    private var random: RandomSource
    private var socket: Socket?
    /// Tells events of this connection from those of one before.
    private(set) var connection: UInt32 = 0
    private var partial: PartialAnswer?
    /// nil where no request of the load has use for it.
    private let own: UserValues?
    /// What the system did not take yet of a request.
    private var unsent: [UInt8] = []

    // The request under way.
    private var task = 0
    private var body = 0
    /// What the request's random parts are drawn from, to write it again for a retry or an example.
    private var draw: RandomSource
    /// Times in nanoseconds of the monotonic clock.
    private var due: UInt64 = 0
    private var sent: UInt64 = 0
    private var firstByte: UInt64 = 0
    private(set) var deadline: UInt64 = 0

    /// - Parameter isFirst: of all users of this generator; it goes on with the session in which the tasks were tried.
    init(slot: Int, loop: UserLoop, random: RandomSource, isFirst: Bool) {
        self.slot = slot
        self.loop = loop
        self.random = random
        draw = random
        own = loop.plan.needsUserValues ? UserValues(loop.plan) : nil
        if isFirst, let own, let session = loop.plan.shared.takeFirst() { own.adopt(session, in: loop.plan) }
    }

    var isBusy: Bool { machine.isBusy }

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
        drop(leaving: true)
        loop.remove(self)
    }

    func expire(now: UInt64) {
        guard machine.isBusy else { return }
        let missing = machine.phase == .connecting ? "no connection" : "no complete answer"
        record(.timeout, latency: deadline - due, now: now) { "\(missing) within the timeout" }
        perform(machine.expired(), now: now)
    }

    private func perform(_ action: UserMachine.Action, now: UInt64) {
        switch action {
        case .nothing: break
        case .connect: connect(now: now)
        case .send: send(now: now)
        case .close: drop()
        case .rest(let rest):
            if rest.closing { drop() }
            loop.rest(self, thinking: loop.plan.pickThinkTime(&random, after: task), backOff: rest.backOff, now: now)
        case .leave:
            drop(leaving: true)
            loop.remove(self)
        }
    }

    // MARK: The connection

    private func connect(now: UInt64) {
        switch loop.connect(self) {
        case .success(let opened):
            socket = opened.socket
            connection = opened.tag
            if let limit = loop.plan.connectTimeout {
                deadline = min(sent + loop.plan.timeout, Clocks.now + limit)
                loop.hasten(self)
            }
        case .failure(let error): connectFailed(error, now: now)
        }
    }

    private func connectFailed(_ error: SocketError, now: UInt64) {
        drop()
        record(error.kind, latency: now - due, now: now) { error.words }
        perform(machine.connectFailed(), now: now)
    }

    private func send(now: UInt64) {
        firstByte = 0
        if loop.plan.connectTimeout != nil { deadline = sent + loop.plan.timeout }
        if loop.plan.tasks[task].isStreamed { return stream() }
        let request = writtenRequest()
        guard loop.plan.tasks[task].asksToContinue, let own else { return write(request, now: now) }
        let head = request.firstRange(of: [0x0D, 0x0A, 0x0D, 0x0A])?.upperBound ?? request.count
        own.held = Array(request[head...])
        write(Array(request[..<head]), now: now)
        if !own.held.isEmpty { loop.remind(self, at: now + Self.continuation) }
    }

    /// Begins to send a request whose body lies in files.
    private func stream() {
        guard let own else { return }
        var draw = draw
        let plan = loop.plan
        let task = plan.tasks[task]
        var parts = task.outgoing(body: body, own: own, random: &draw, scratch: &loop.scratch)
        if own.hop?.dropsBody == true { parts = Array(parts.prefix(1)) }
        if case .bytes(let first)? = parts.first { parts[0] = .bytes(own.dressed(first, of: task, for: plan.origin)) }
        own.outgoing = Outgoing(parts)
        goOn(own)
    }

    private func goOn(_ own: UserValues) {
        guard let socket, own.outgoing?.send(over: socket) == true else { return }
        own.outgoing = nil
    }

    private func write(_ bytes: [UInt8], now: UInt64) {
        // A connection that fails here says why when it is read.
        guard var written = bytes.withUnsafeBytes({ socket?.write($0) }) else { return }
        // A secured connection takes one record at a time, and says of the next only once it is refused.
        while socket?.tls != nil, written < bytes.count {
            guard let more = bytes[written...].withUnsafeBytes({ socket?.write($0) }) else { return }
            if more == 0 { break }
            written += more
        }
        if written < bytes.count {
            unsent = Array(bytes[written...])
        } else if !unsent.isEmpty {
            unsent = []
        }
    }

    /// How long a body waits for the server's word, in nanoseconds: not longer than curl's.
    private static let continuation: UInt64 = 1_000_000_000

    /// The body goes out, whether or not the server has asked for it.
    func proceed() {
        guard let own, !own.held.isEmpty, machine.phase == .awaiting else { return }
        let body = own.held
        own.held = []
        if unsent.isEmpty { write(body, now: Clocks.now) } else { unsent += body }
    }

    private func drop(leaving: Bool = false) {
        guard let socket else { return }
        loop.closed(socket, leaving: leaving)
        self.socket = nil
        partial = nil
        own?.stopSending()
        if !unsent.isEmpty { unsent = [] }
    }

    // MARK: What the connection says

    /// - Parameter arrived: when the event was told; what can be read had come by then, however long others were served
    ///   before. The system may know of an earlier time.
    func ready(_ event: Poller.Event, arrived: UInt64) {
        if machine.phase == .connecting {
            guard let socket, event.canWrite || event.hasEnded || socket.tls != nil else { return }
            let (error, now) = (socket.pendingError, Clocks.now)
            guard error == 0 else { return connectFailed(SocketError(error), now: now) }
            switch socket.tls?.handshake() ?? .done {
            case .done: return perform(machine.connected(), now: Clocks.now)
            case .waiting: return
            case .failed(let error): return connectFailed(error, now: Clocks.now)
            }
        }
        if event.canWrite, !unsent.isEmpty { write(unsent, now: sent) }
        if event.canWrite, let own, own.outgoing != nil { goOn(own) }
        if event.canRead || event.hasEnded { receive(untilEmpty: event.hasEnded, arrived: arrived) }
    }

    /// Reads what there is. A read that does not fill the buffer has emptied the socket, unless it is a secured one, of
    /// which a read gives one record.
    private func receive(untilEmpty: Bool, arrived: UInt64) {
        let (buffer, current) = (loop.buffer, connection)
        var arrived = max(arrived, sent)
        while let socket, connection == current {
            switch socket.read(into: buffer) {
            case .bytes(let count, let stamp):
                if let time = stamp.map({ $0 &- loop.wallOffset }), time > sent { arrived = min(arrived, time) }
                hear(UnsafeRawBufferPointer(rebasing: buffer[..<count]), now: arrived)
                if count < buffer.count, !untilEmpty, socket.tls == nil { return }
                arrived = Clocks.now
            case .nothingYet: return
            case .end: return closed(nil)
            case .failed(let error): return closed(error)
            }
        }
    }

    private func hear(_ bytes: UnsafeRawBufferPointer, now: UInt64) {
        guard machine.phase == .awaiting else {
            // Nobody asked: what comes after it could not be told from an answer.
            drop()
            return perform(machine.closed(), now: now)
        }
        machine.heard()
        if firstByte == 0 { firstByte = now }
        if let partial {
            let progress = partial.read(bytes)
            return judge(progress, partial.reader, last: bytes, now: now)
        }
        if loop.memories[task].holds(bytes) {
            return succeeded(
                keepsAlive: loop.memories[task].keepsAlive, compressed: loop.memories[task].compressed, now: now)
        }
        loop.reader.begin(loop.plan.tasks[task].check)
        judge(loop.reader.read(bytes), loop.reader, last: bytes, now: now)
    }

    private func judge(
        _ progress: ResponseScanner.Progress, _ reader: AnswerReader, last bytes: UnsafeRawBufferPointer, now: UInt64
    ) {
        switch progress {
        case .incomplete:
            if reader.scanner.asksToContinue { proceed() }
            if partial == nil {
                partial = PartialAnswer(reader: reader, check: loop.plan.tasks[task].check, beginning: bytes)
            }
        case .complete:
            answered(reader, last: bytes, now: now)
        case .malformed(let fault):
            record(.malformed, latency: now - due, now: now, last: bytes) { fault.rawValue }
            perform(machine.malformed(), now: Clocks.now)
        }
    }

    private func answered(_ reader: AnswerReader, last bytes: UnsafeRawBufferPointer?, now: UInt64) {
        let keepsAlive = reader.scanner.keepsAlive && loop.plan.keepsConnections
        if let own, reader.scanner.noticesSession {
            own.store(reader.scanner.setCookies, from: loop.plan.origin, request: writtenRequest)
            let next = Hop.after(
                reader.scanner, to: writtenRequest(), hop: own.hop, most: loop.plan.tasks[task].follow,
                origin: loop.plan.origin)
            if case .success(let hop) = next { return follow(hop, own, keepsAlive: keepsAlive) }
            if case .failure(let fault) = next { return failed(fault, last: bytes, keepsAlive: keepsAlive, now: now) }
        }
        guard let fault = fault(in: reader) else {
            // An answer of which something is kept must be read each time.
            if partial == nil, let bytes, !loop.plan.tasks[task].changesUser, reader.scanner.setCookies.isEmpty,
                own?.hop == nil
            {
                loop.memories[task].keep(bytes, keepsAlive: keepsAlive, compressed: reader.compressed)
            }
            return succeeded(keepsAlive: keepsAlive, compressed: reader.compressed, now: now)
        }
        failed(fault, last: bytes, keepsAlive: keepsAlive, now: now)
    }

    private func failed(_ fault: AnswerFault, last bytes: UnsafeRawBufferPointer?, keepsAlive: Bool, now: UInt64) {
        record(fault.kind, latency: now - due, now: now, last: bytes) { fault.words }
        partial = nil
        end(keepsAlive: keepsAlive)
    }

    /// Goes where a redirect leads, as a part of the same request.
    private func follow(_ hop: Hop, _ own: UserValues, keepsAlive: Bool) {
        own.hop = hop
        partial = nil
        loop.recorder.hopped(task: task)
        let stays = keepsAlive && isSent
        if !stays { drop() }
        let isSafe = loop.plan.tasks[task].isIdempotent || hop.method == Array("GET".utf8)
        perform(machine.redirected(keepsAlive: stays, idempotent: isSafe), now: Clocks.now)
    }

    /// An answer that came before all of the request was sent ends the connection: what would be sent next on it, the peer
    /// would take for the rest of that request (RFC 9112, section 9.3).
    private func end(keepsAlive: Bool) {
        // The next request of a user who does not think goes out now, which may be later than the answer came.
        perform(machine.answered(keepsAlive: keepsAlive && isSent), now: Clocks.now)
    }

    private var isSent: Bool { unsent.isEmpty && own?.hasSent ?? true }

    /// Judges an answer and, if it is good, keeps what is to be kept of it.
    private func fault(in reader: AnswerReader) -> AnswerFault? {
        let task = loop.plan.tasks[task]
        if let fault = reader.fault(task.check) { return fault }
        guard task.changesUser, let own else { return nil }
        let placed = reader.taken(task.check, jar: own.cookies).flatMap {
            task.placed($0, origin: loop.plan.origin, request: writtenRequest)
        }
        switch placed {
        case .success(let values): own.learn(values, from: task)
        case .failure(let fault): return fault
        }
        return nil
    }

    /// The request under way once more.
    private func writtenRequest() -> [UInt8] {
        var draw = draw
        let request = loop.plan.tasks[task].request(body: body, own: own, random: &draw, scratch: &loop.scratch)
        guard let own, own.cookies != nil || own.hop != nil else { return request }
        return own.dressed(request, of: loop.plan.tasks[task], for: loop.plan.origin)
    }

    private func succeeded(keepsAlive: Bool, compressed: CompressedBodies?, now: UInt64) {
        if let compressed { loop.recorder.decoded(task: task, compressed) }
        loop.requestSucceeded(task: task, due: due, latency: now - due, firstByte: firstByte - sent, now: now)
        if partial != nil { partial = nil }
        own?.ended(task, good: true, in: loop.plan)
        end(keepsAlive: keepsAlive)
    }

    /// - Parameter error: nil for an orderly end.
    private func closed(_ error: SocketError?) {
        let (now, cut) = (Clocks.now, partial)
        let unseen = wasUnseen(error)
        drop()
        if machine.phase == .awaiting, let cut, case .complete = cut.reader.end() {
            return answered(cut.reader, last: nil, now: now)
        }
        let wasBusy = machine.isBusy
        let action = machine.closed(unseen: unseen)
        if wasBusy, action == .connect { loop.recorder.reconnected(task: task) }
        if wasBusy, action != .connect {
            partial = cut
            record(error?.kind == .tls ? .tls : .reset, latency: now - due, now: now) {
                error?.words ?? "the connection was closed before the answer was whole"
            }
            partial = nil
        }
        perform(action, now: now)
    }

    /// Whether the peer had closed the connection in order before the request came to it.
    private func wasUnseen(_ error: SocketError?) -> Bool {
        guard let socket, machine.phase == .awaiting, !loop.plan.tasks[task].isIdempotent else { return false }
        // A reset without an orderly end may follow a request that was read.
        guard error == nil || error?.code == EPIPE, !loop.plan.tasks[task].isStreamed else { return false }
        return socket.hasNotDelivered(writtenRequest().count)
    }

    // MARK: Examples of failures

    /// In the beginning of what came, if anything did.
    private func lookForSigns(_ last: UnsafeRawBufferPointer?) {
        guard last != nil || partial != nil, loop.recorder.mayLook else { return }
        guard let partial else {
            if let last { loop.recorder.look(at: .init(rebasing: last.prefix(FailureLog.look))) }
            return
        }
        var heard = partial.heard
        if let last { heard.append(contentsOf: last.prefix(max(0, FailureLog.look - heard.count))) }
        heard.withUnsafeBytes { loop.recorder.look(at: $0) }
    }

    private func record(
        _ kind: FailureKind, latency: UInt64, now: UInt64, last: UnsafeRawBufferPointer? = nil, words: () -> String
    ) {
        own?.ended(task, good: false, in: loop.plan)
        let isWanted = loop.requestFailed(task: task, kind: kind, due: due, latency: latency, now: now)
        lookForSigns(last)
        guard isWanted else { return }
        var heard = partial?.heard ?? []
        if let last { heard.append(contentsOf: last.prefix(FailureLog.excerpt - min(heard.count, FailureLog.excerpt))) }
        let request = writtenRequest()
        loop.keep(
            FailureExample(
                task: loop.plan.tasks[task].name, kind: kind, time: loop.elapsed(now), latency: Double(latency) / 1e9,
                detail: words(),
                request: Excerpt.request(request), response: Excerpt.text(heard)))
    }
}

/// An answer that came in several pieces.
private final class PartialAnswer {
    var reader: AnswerReader
    /// Its beginning.
    private(set) var heard: [UInt8] = []
    private let check: AnswerCheck

    init(reader: AnswerReader, check: AnswerCheck, beginning: UnsafeRawBufferPointer) {
        self.reader = reader
        self.check = check
        heard = Array(beginning.prefix(most))
    }

    /// Of an answer with another status than expected more is looked at than of others.
    private var most: Int { check.accepts(reader.scanner.status) ? FailureLog.excerpt : FailureLog.look }

    func read(_ bytes: UnsafeRawBufferPointer) -> ResponseScanner.Progress {
        let progress = reader.read(bytes)
        let room = most - heard.count
        if room > 0, case .incomplete = progress { heard.append(contentsOf: bytes.prefix(room)) }
        return progress
    }
}
