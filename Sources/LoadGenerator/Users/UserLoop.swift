import Glibc
import Model

/// The users of one thread, their timers and counts. Confined to that thread: nothing here is locked or awaited.
final class UserLoop {
    let plan: LoadPlan
    /// Where every socket of the loop is read into: what is heard is judged before the next read.
    let buffer: UnsafeMutableRawBufferPointer
    var scratch = RequestScratch()
    var reader = AnswerReader()
    /// One per task.
    var memories: [AnswerMemory]

    /// Least pause after a failed connection, so that a dead target is not hammered.
    private static let backOff: UInt64 = 100_000_000

    let share: UserShare
    private let poller: Poller
    private let address: SocketAddress
    private let security: TLSContext?
    private let spareSessions = SpareSessions()
    private var sources: SourceAddresses
    private(set) var connections = 0
    private var connectionTag: UInt32 = 0

    // Shared with the extensions alone.
    var timers = LoopTimers()
    var recorder: LoopRecorder
    var population = Population()
    var ramp: Ramp?
    var arrivals: Arrivals?
    /// Of loads over HTTP/2.
    private(set) lazy var pool = HTTP2Pool(self)
    /// What is to be told once all users are gone; nil while they are to stay.
    var whenDrained: (() -> Void)?

    /// Of the next look at how late timers are.
    var pulseTick = 0
    /// By which the wall clock is ahead of the monotonic one, in nanoseconds; it changes when the wall clock is set.
    var wallOffset = Clocks.wallOffset
    private(set) var isOver = false
    /// When the last request ended, of a load that has a number of them.
    private var lastEnd: UInt64 = 0

    init(
        plan: LoadPlan, address: SocketAddress, security: TLSContext?, poller: Poller, share: UserShare,
        sessions: Int, failures: FailureLog, emit: @escaping (SecondSample) -> Void
    ) {
        self.plan = plan
        self.address = address
        self.security = security
        self.poller = poller
        self.share = share
        buffer = .allocate(byteCount: 65_536, alignment: 16)
        memories = plan.tasks.map { _ in AnswerMemory() }
        recorder = LoopRecorder(
            tasks: Array(plan.tasks.prefix(plan.drawn)), failures: failures, isSpare: share.isSpare, emit: emit)
        sources = SourceAddresses(target: address)
        if let law = plan.arrivals {
            arrivals = Arrivals(
                marks: ArrivalMarks(law: law, seed: plan.seed), index: plan.part.number(share.index),
                stride: plan.part.count * share.loops,
                mostSessions: max(
                    1, (plan.part.share(of: sessions) + share.loops - 1 - share.index) / share.loops))
        }
    }

    deinit { buffer.deallocate() }

    /// Seconds since the load began.
    func elapsed(_ time: UInt64) -> Seconds { time > timers.origin ? Double(time - timers.origin) / 1e9 : 0 }

    // MARK: Lifecycle

    func start(origin: UInt64) {
        timers.origin = origin
        recorder.start(origin: origin)
        timers.arm(.second, at: timers.tick(recorder.secondEnd))
        pulseTick = Self.ticksPerPulse
        timers.arm(.pulse, at: pulseTick)
    }

    /// Waits for what comes next and serves it.
    /// - Returns: whether the thread has a job.
    func turn() -> Bool {
        var hasJob = false
        if plan.streams != nil { pool.flush() }
        let events = poller.wait(nanoseconds: idleTime())
        let arrived = events > 0 ? Clocks.now : 0
        for number in 0..<events {
            guard let event = poller.event(number) else {
                hasJob = true
                continue
            }
            let slot = Int(truncatingIfNeeded: event.tag & 0xFFFF_FFFF)
            if slot >= Int(HTTP2Pool.mark) {
                pool.ready(
                    slot - Int(HTTP2Pool.mark), tag: UInt32(event.tag >> 32), event, arrived: arrived)
                continue
            }
            guard let user = population[slot], case .http1(let connection) = user.carrier,
                connection.tag == UInt32(event.tag >> 32)
            else { continue }
            connection.ready(event, arrived: arrived, for: user)
        }
        serveTimers()
        serveArrivals()
        if plan.streams != nil { pool.flush() }
        if events > 0, !hasJob { pauseToBatchAnswers(after: events) }
        return hasJob
    }

    /// Gives out the second under way as the last one.
    func finish(at end: UInt64) -> LoopTotals {
        roll(now: end)
        timers.disarm(.second)
        timers.disarm(.pulse)
        var totals = recorder.finish(users: population.staying.count, connections: connections)
        totals.lastEnd = lastEnd
        return totals
    }

    /// The last call: the thread ends.
    func end() { isOver = true }

    // MARK: What users do

    /// The next request of a user, unless there were as many as there were to be.
    func begin(_ user: User, due: UInt64, now: UInt64) {
        guard plan.mayBegin() else { return }
        recorder.fallDue()
        user.begin(due: due, now: now)
    }

    /// Wakes a user whose request is under way.
    func remind(_ user: User, at time: UInt64) { timers.arm(.due(user.slot), at: timers.tick(time)) }

    /// Waits for a connection no longer than until the user's deadline, which came nearer.
    func hasten(_ user: User) { timers.arm(.deadline(user.slot), at: timers.tick(user.deadline)) }

    /// Begins a connection; its events go to the user.
    func connect(_ user: User, resuming ticket: TLSTicket?) -> Result<(socket: Socket, tag: UInt32), SocketError> {
        connect(as: UInt32(user.slot), number: user.slot, resuming: ticket)
    }

    /// - Parameters:
    ///   - name: of whom its events go to, among the users or, with `HTTP2Pool.mark`, the connections that they share.
    ///   - number: of the connection among those of the loop.
    ///   - ticket: of an earlier secured connection.
    func connect(
        as name: UInt32, number: Int, resuming ticket: TLSTicket?
    ) -> Result<(socket: Socket, tag: UInt32), SocketError> {
        sources.connect(to: address, number: share.number(number)).flatMap { socket in
            var socket = socket
            if let request = plan.proxy?.connect { socket = socket.tunnelled(by: request) }
            if let security {
                guard let secured = socket.secured(by: security, resuming: ticket, reusing: spareSessions.take())
                else {
                    socket.close()
                    return .failure(SocketError(ENOMEM))
                }
                socket = secured
            }
            connectionTag &+= 1
            guard poller.add(socket.descriptor, tag: UInt64(connectionTag) << 32 | UInt64(name)) else {
                socket.close()
                return .failure(SocketError(ENOMEM))
            }
            connections += 1
            return .success((socket, connectionTag))
        }
    }

    /// Users who leave between the steps of a search would use up the ports of a single address.
    /// - Parameter leaving: nobody has use for an answer on it.
    func closed(_ socket: Socket, leaving: Bool) {
        socket.close(resetting: leaving && sources.count == 1, sparing: spareSessions)
        connections -= 1
    }

    /// The connection's handshakes are over.
    func connectionOpened() { recorder.connected() }

    func requestBegan(task: Int, due: UInt64, lag nanoseconds: UInt64, by user: User) {
        recorder.began(task: task, due: due, lag: nanoseconds)
        // A deadline that is armed already is left to find out by itself that it came too early.
        if !timers.isArmed(.deadline(user.slot)) {
            timers.arm(.deadline(user.slot), at: timers.tick(user.deadline))
        }
    }

    func requestSucceeded(task: Int, due: UInt64, latency: UInt64, firstByte: UInt64, now: UInt64) {
        if now >= recorder.secondEnd { roll(now: now) }
        if plan.requests != nil { lastEnd = now }
        recorder.succeeded(task: task, due: due, latency: latency, firstByte: firstByte)
    }

    /// - Returns: whether an example of this failure is wanted.
    func requestFailed(task: Int, kind: FailureKind, due: UInt64, latency: UInt64, now: UInt64) -> Bool {
        if now >= recorder.secondEnd { roll(now: now) }
        if plan.requests != nil { lastEnd = now }
        return recorder.failed(task: task, kind: kind, due: due, latency: latency)
    }

    func keep(_ example: FailureExample) { recorder.keep(example) }

    /// Lets the user think; without think time its next request begins here and now. In an open load it waits for the
    /// next arrival.
    func rest(_ user: User, thinking: UInt64, backOff: Bool, now: UInt64) {
        if arrivals != nil {
            arrivals?.idle.append(user)
            return
        }
        let pause = backOff ? max(thinking, Self.backOff) : thinking
        guard pause > 0 else { return begin(user, due: now, now: now) }
        let half = LoopTimers.nanosecondsPerTick / 2
        let tick = max(timers.tick(now - half + pause), timers.tick(now))
        population.setDue(timers.time(of: tick), in: user.slot)
        timers.arm(.due(user.slot), at: tick)
    }
}
