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

    private static let nanosecondsPerTick: UInt64 = 1_000_000
    /// Least pause after a failed connection, so that a dead target is not hammered.
    private static let backOff: UInt64 = 100_000_000
    /// Users that come or go in one tick at most: opening and closing takes time in which answers would wait to be read.
    private static let changesPerTick = 64
    /// Timers that are served before answers are read again.
    private static let timersPerTurn = 128
    /// Between looks at how late timers are.
    private static let pulse = 50
    // Timers that belong to no user; a user's are `3 + 2 * slot` (due) and `4 + 2 * slot` (deadline).
    private static let rampTimer = 0
    private static let secondTimer = 1
    private static let pulseTimer = 2

    /// This loop has every `stride`-th user, from `index`.
    private let index: Int
    private let stride: Int
    private let poller: Poller
    private let address: SocketAddress
    private let security: TLSContext?
    private let failures: FailureLog
    private let emit: (SecondSample) -> Void
    private var sources: SourceAddresses

    /// A turn of 16 s, longer than most deadlines: those of later turns would be passed over at each look at their slot.
    private var wheel = TimerWheel(slotBits: 14)
    private var nextTick = Int.max
    private var pulseTick = 0
    /// When second 0 began, in nanoseconds of the monotonic clock.
    private var origin: UInt64 = 0
    private var secondEnd = UInt64.max
    private var ramp: Ramp?
    private var arrivals: Arrivals?

    private var slots: [User?] = []
    private var dues: [UInt64] = []
    private var freeSlots: [Int] = []
    /// Users that stay, in the order in which they came.
    private var users: [User] = []
    private var living = 0
    private var spawned = 0
    private var connections = 0
    private var connectionTag: UInt32 = 0
    private var whenDrained: (() -> Void)?
    private(set) var isOver = false

    private var recorder: SecondRecorder
    private var lag = LatencyHistogram()
    private var timerLag = LatencyHistogram()
    private var worstTimerLag: UInt64 = 0
    private var meter = ThreadMeter()
    private var unwantedExamples: Set<FailureLog.Key> = []

    init(
        plan: LoadPlan, address: SocketAddress, security: TLSContext?, poller: Poller, index: Int, stride: Int,
        sessions: Int,
        failures: FailureLog, emit: @escaping (SecondSample) -> Void
    ) {
        self.plan = plan
        self.address = address
        self.security = security
        self.poller = poller
        self.index = index
        self.stride = stride
        self.failures = failures
        self.emit = emit
        buffer = .allocate(byteCount: 65_536, alignment: 16)
        memories = plan.tasks.map { _ in AnswerMemory() }
        recorder = SecondRecorder(tasks: plan.tasks.count)
        sources = SourceAddresses(target: address)
        if let law = plan.arrivals {
            arrivals = Arrivals(
                marks: ArrivalMarks(law: law, seed: plan.seed), index: index, stride: stride,
                mostSessions: max(1, (sessions + stride - 1 - index) / stride))
        }
    }

    deinit { buffer.deallocate() }

    /// Seconds since the load began.
    func elapsed(_ time: UInt64) -> Seconds { time > origin ? Double(time - origin) / 1e9 : 0 }

    // MARK: Lifecycle

    /// Waits for what comes next and serves it.
    /// - Returns: whether the thread has a job.
    func turn() -> Bool {
        var hasJob = false
        for number in 0..<poller.wait(nanoseconds: idleTime()) {
            guard let event = poller.event(number) else {
                hasJob = true
                continue
            }
            let slot = Int(truncatingIfNeeded: event.tag & 0xFFFF_FFFF)
            guard let user = slots[slot], user.connection == UInt32(event.tag >> 32) else { continue }
            user.ready(event)
        }
        serveTimers()
        serveArrivals()
        return hasJob
    }

    func start(origin: UInt64) {
        self.origin = origin
        secondEnd = origin + 1_000_000_000
        meter.start(at: Clocks.now)
        arm(Self.secondTimer, at: tick(secondEnd))
        pulseTick = Self.pulse
        arm(Self.pulseTimer, at: pulseTick)
    }

    func follow(_ ramp: Ramp) {
        guard whenDrained == nil else { return }
        self.ramp = ramp
        adjust(now: Clocks.now)
    }

    func follow(_ schedule: RateSchedule) {
        guard whenDrained == nil else { return }
        arrivals?.follow(schedule)
    }

    /// Lets all users go; `done` is called when the last has its answer, or has waited for it long enough.
    func drain(_ done: @escaping () -> Void) {
        ramp = nil
        arrivals?.stop()
        whenDrained = done
        let now = Clocks.now
        for user in users where user.isBusy { user.leave(now: now) }
        users.removeAll { $0.isBusy }
        for user in users { wheel.disarm(3 + 2 * user.slot) }
        closeSome(now: now)
        reportDrained()
    }

    private func closeSome(now: UInt64) {
        for _ in 0..<min(Self.changesPerTick, users.count) { users.popLast()?.leave(now: now) }
        if users.isEmpty { wheel.disarm(Self.rampTimer) } else { arm(Self.rampTimer, at: tick(now + 1)) }
    }

    /// Gives out the second under way as the last one.
    func finish(at end: UInt64) -> LoopTotals {
        roll(now: end)
        wheel.disarm(Self.secondTimer)
        wheel.disarm(Self.pulseTimer)
        secondEnd = .max
        closeSecond(at: Clocks.now)
        return LoopTotals(
            report: LoopReport(cpuSeconds: meter.total, peakCPU: meter.peak, timerLag: timerLag.distribution),
            lag: lag.distribution, due: recorder.due, sent: recorder.sent)
    }

    /// The last call: the thread ends.
    func end() { isOver = true }

    private func reportDrained() {
        guard living == 0, let done = whenDrained else { return }
        whenDrained = {}
        done()
    }

    // MARK: Number of users

    private func adjust(now: UInt64) {
        guard let ramp else { return }
        let all = ramp.users(at: now)
        let mine = all > index ? (all - index + stride - 1) / stride : 0
        let (fewer, more) = (users.count - mine, mine - users.count)
        for _ in 0..<min(Self.changesPerTick, max(0, fewer)) { users.popLast()?.leave(now: now) }
        for _ in 0..<min(Self.changesPerTick, max(0, more)) {
            // Due on the timers' grid, so that its coarseness is not taken for lag.
            let due = origin + UInt64(tick(ramp.due(user: users.count * stride + index))) * Self.nanosecondsPerTick
            let user = spawn()
            recorder.fallDue()
            let now = Clocks.now
            user.begin(due: min(now, due), now: now)
        }
        if users.count != mine {
            arm(Self.rampTimer, at: tick(now + 1))
        } else if let next = ramp.nextChange(after: now) {
            arm(Self.rampTimer, at: tick(next))
        } else {
            wheel.disarm(Self.rampTimer)
        }
    }

    private func spawn() -> User {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count {
            slots.append(nil)
            dues.append(0)
        }
        let user = User(
            slot: slot, loop: self, random: RandomSource(seed: plan.seed, ordinal: spawned * stride + index))
        spawned += 1
        living += 1
        slots[slot] = user
        users.append(user)
        return user
    }

    func remove(_ user: User) {
        wheel.disarm(3 + 2 * user.slot)
        wheel.disarm(4 + 2 * user.slot)
        slots[user.slot] = nil
        freeSlots.append(user.slot)
        living -= 1
        reportDrained()
    }

    // MARK: Arrivals of an open load

    private func serveArrivals() {
        guard arrivals?.nextDue != nil || arrivals?.hasWaiting == true else { return }
        let now = Clocks.now
        while let due = arrivals?.nextDue, due <= now {
            recorder.fallDue()
            arrivals?.take()
        }
        while let arrival = arrivals?.nextWaiting, launch(arrival, now: Clocks.now) { arrivals?.dropWaiting() }
    }

    /// - Returns: whether it could be sent, or waited too long for that.
    private func launch(_ arrival: Arrivals.Arrival, now: UInt64) -> Bool {
        let draws = RandomSource(seed: plan.seed, ordinal: arrival.number)
        if now >= arrival.due + plan.timeout {
            var draws = draws
            let task = plan.pickTask(&draws, having: 0)
            recorder.start(task: task, lag: now - arrival.due)
            lag.record(nanoseconds: now - arrival.due)
            if requestFailed(task: task, kind: .timeout, latency: plan.timeout, now: now) {
                keep(
                    FailureExample(
                        task: plan.tasks[task].name, kind: .timeout, time: elapsed(now),
                        latency: Double(plan.timeout) / 1e9,
                        detail: "not sent within the time allowed: all \(users.count) sessions wait for answers",
                        request: "", response: ""))
            }
            return true
        }
        if let user = arrivals?.idle.popLast() {
            user.begin(due: arrival.due, now: now, draws: draws)
        } else if users.count < arrivals?.mostSessions ?? 0 {
            spawn().begin(due: arrival.due, now: now, draws: draws)
        } else {
            return false
        }
        return true
    }

    // MARK: What users do

    /// Begins a connection; its events go to the user.
    func connect(_ user: User) -> Result<(socket: Socket, tag: UInt32), SocketError> {
        sources.connect(to: address, number: user.slot * stride + index).flatMap { socket in
            var socket = socket
            if let security {
                guard let secured = socket.secured(by: security) else {
                    socket.close()
                    return .failure(SocketError(ENOMEM))
                }
                socket = secured
            }
            connectionTag &+= 1
            guard poller.add(socket.descriptor, tag: UInt64(connectionTag) << 32 | UInt64(user.slot)) else {
                socket.close()
                return .failure(SocketError(ENOMEM))
            }
            connections += 1
            return .success((socket, connectionTag))
        }
    }

    func closed(_ socket: Socket) {
        socket.close()
        connections -= 1
    }

    func requestBegan(task: Int, lag nanoseconds: UInt64, by user: User) {
        recorder.start(task: task, lag: nanoseconds)
        lag.record(nanoseconds: nanoseconds)
        // A deadline that is armed already is left to find out by itself that it came too early.
        if !wheel.isArmed(4 + 2 * user.slot) { arm(4 + 2 * user.slot, at: tick(user.deadline)) }
    }

    func requestSucceeded(task: Int, latency: UInt64, service: UInt64, firstByte: UInt64, now: UInt64) {
        if now >= secondEnd { roll(now: now) }
        recorder.succeed(task: task, latency: latency, service: service, firstByte: firstByte)
    }

    /// - Returns: whether an example of this failure is wanted.
    func requestFailed(task: Int, kind: FailureKind, latency: UInt64, now: UInt64) -> Bool {
        if now >= secondEnd { roll(now: now) }
        recorder.fail(task: task, kind: kind, latency: latency)
        return !unwantedExamples.contains(.init(task: plan.tasks[task].name, kind: kind))
    }

    func keep(_ example: FailureExample) {
        if !failures.add(example) { unwantedExamples.insert(.init(task: example.task, kind: example.kind)) }
    }

    /// Lets the user think; without think time its next request begins here and now. In an open load it waits for the
    /// next arrival.
    func rest(_ user: User, thinking: UInt64, backOff: Bool, now: UInt64) {
        if arrivals != nil {
            arrivals?.idle.append(user)
            return
        }
        let pause = backOff ? max(thinking, Self.backOff) : thinking
        guard pause > 0 else {
            recorder.fallDue()
            return user.begin(due: now, now: now)
        }
        let half = Self.nanosecondsPerTick / 2
        let tick = max(tick(now - half + pause), tick(now))
        dues[user.slot] = origin + UInt64(tick) * Self.nanosecondsPerTick
        arm(3 + 2 * user.slot, at: tick)
    }

    // MARK: Time

    /// The first tick that is not before `time`.
    private func tick(_ time: UInt64) -> Int {
        time > origin ? Int((time - origin + Self.nanosecondsPerTick - 1) / Self.nanosecondsPerTick) : 0
    }

    private func arm(_ timer: Int, at tick: Int) {
        wheel.arm(timer, at: tick)
        if tick < nextTick { nextTick = tick }
    }

    /// Nanoseconds until something is due; nil when nothing is.
    private func idleTime() -> UInt64? {
        var next = nextTick == .max ? UInt64.max : origin + UInt64(nextTick) * Self.nanosecondsPerTick
        if let due = arrivals?.nextDue, due < next { next = due }
        guard next < .max else { return nil }
        let now = Clocks.now
        return next > now ? next - now : 0
    }

    private func serveTimers() {
        guard nextTick < .max else { return }
        let started = Clocks.now
        guard started >= origin else { return }
        let current = Int((started - origin) / Self.nanosecondsPerTick)
        guard current >= nextTick else { return }
        for _ in 0..<Self.timersPerTurn {
            guard let timer = wheel.popDue(at: current) else {
                nextTick = wheel.nextWake() ?? .max
                return
            }
            fire(timer)
        }
        nextTick = current
    }

    private func fire(_ timer: Int) {
        let now = Clocks.now
        switch timer {
        case Self.rampTimer: if whenDrained == nil { adjust(now: now) } else { closeSome(now: now) }
        case Self.secondTimer: roll(now: now)
        case Self.pulseTimer:
            timerFired(due: origin + UInt64(pulseTick) * Self.nanosecondsPerTick, now: now)
            pulseTick = max(pulseTick + Self.pulse, tick(now))
            arm(Self.pulseTimer, at: pulseTick)
        default:
            let slot = (timer - 3) / 2
            guard let user = slots[slot] else { return }
            if timer & 1 == 1 {
                timerFired(due: dues[slot], now: now)
                recorder.fallDue()
                user.begin(due: dues[slot], now: now)
            } else if user.isBusy {
                if now >= user.deadline {
                    user.expire(now: now)
                } else {
                    arm(timer, at: tick(user.deadline))
                }
            }
        }
    }

    private func timerFired(due: UInt64, now: UInt64) {
        let late = now > due ? now - due : 0
        timerLag.record(nanoseconds: late)
        worstTimerLag = max(worstTimerLag, late)
    }

    /// Gives out every second that is over.
    private func roll(now: UInt64) {
        guard now >= secondEnd else { return }
        while now >= secondEnd {
            closeSecond(at: now)
            secondEnd += 1_000_000_000
        }
        arm(Self.secondTimer, at: tick(secondEnd))
    }

    private func closeSecond(at now: UInt64) {
        let (cpu, wait) = meter.sample(at: now)
        let loop = LoopSecond(cpu: cpu, timerLag: Double(worstTimerLag) / 1e9, cpuWait: wait)
        worstTimerLag = 0
        emit(recorder.close(users: users.count, loop: loop, connections: connections))
    }
}

/// What one loop did over the whole load.
struct LoopTotals: Sendable {
    var report: LoopReport
    var lag: Distribution
    var due: Int
    var sent: Int
}
