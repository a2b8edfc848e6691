import Model
import NIOCore

/// The users of one event loop, their timers and counts. Confined to that loop: nothing here is locked or awaited.
final class UserLoop: NIOScheduledCallbackHandler {
    let plan: LoadPlan
    let address: SocketAddress
    let eventLoop: any EventLoop
    var scratch = RequestScratch()

    private static let nanosecondsPerTick: UInt64 = 1_000_000
    /// Least pause after a failed connection, so that a dead target is not hammered.
    private static let backOff: UInt64 = 100_000_000
    /// Users that come or go in one tick at most: opening and closing takes time in which answers would wait to be read.
    private static let changesPerTick = 64
    /// Least time to the next timers: one that is due already would be served before any answer is read.
    private static let breath: UInt64 = 20_000
    // Timers that belong to no user; a user's are `2 + 2 * slot` (due) and `3 + 2 * slot` (deadline).
    private static let rampTimer = 0
    private static let secondTimer = 1

    /// This loop has every `stride`-th user, from `index`.
    private let index: Int
    private let stride: Int
    private let failures: FailureLog
    private let emit: (SecondSample) -> Void

    private var wheel = TimerWheel()
    private var armedTick = Int.max
    /// When second 0 began, in nanoseconds of the monotonic clock.
    private var origin: UInt64 = 0
    private var secondEnd = UInt64.max
    private var ramp: Ramp?

    private var slots: [User?] = []
    private var dues: [UInt64] = []
    private var freeSlots: [Int] = []
    /// Users that stay, in the order in which they came.
    private var users: [User] = []
    private var living = 0
    private var spawned = 0
    private var whenDrained: (() -> Void)?

    private var recorder: SecondRecorder
    private var lag = LatencyHistogram()
    private var meter = ThreadMeter()
    private var unwantedExamples: Set<FailureLog.Key> = []

    init(
        plan: LoadPlan, address: SocketAddress, eventLoop: any EventLoop, index: Int, stride: Int,
        failures: FailureLog, emit: @escaping (SecondSample) -> Void
    ) {
        self.plan = plan
        self.address = address
        self.eventLoop = eventLoop
        self.index = index
        self.stride = stride
        self.failures = failures
        self.emit = emit
        recorder = SecondRecorder(tasks: plan.tasks.count)
    }

    func now() -> UInt64 { NIODeadline.now().uptimeNanoseconds }

    /// Seconds since the load began.
    func elapsed(_ time: UInt64) -> Seconds { time > origin ? Double(time - origin) / 1e9 : 0 }

    // MARK: Lifecycle

    func start(origin: UInt64) {
        self.origin = origin
        secondEnd = origin + 1_000_000_000
        meter.start(at: now())
        arm(Self.secondTimer, at: tick(secondEnd))
    }

    func follow(_ ramp: Ramp) {
        guard whenDrained == nil else { return }
        self.ramp = ramp
        adjust(now: now())
    }

    /// Lets all users go; `done` is called when the last has its answer, or has waited for it long enough.
    func drain(_ done: @escaping () -> Void) {
        ramp = nil
        whenDrained = done
        let now = now()
        for user in users where user.isBusy { user.leave(now: now) }
        users.removeAll { $0.isBusy }
        for user in users { wheel.disarm(2 + 2 * user.slot) }
        closeSome(now: now)
        reportDrained()
    }

    private func closeSome(now: UInt64) {
        for _ in 0..<min(Self.changesPerTick, users.count) { users.popLast()?.leave(now: now) }
        if users.isEmpty { wheel.disarm(Self.rampTimer) } else { arm(Self.rampTimer, at: tick(now + 1)) }
    }

    /// Gives out the second under way as the last one.
    func finish(at end: UInt64) -> LoopReport {
        roll(now: end)
        wheel.disarm(Self.secondTimer)
        secondEnd = .max
        emit(recorder.close(users: users.count))
        meter.stop(at: now())
        return LoopReport(cpuSeconds: meter.total, peakCPU: meter.peak, lag: lag.distribution)
    }

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
        for _ in 0..<min(Self.changesPerTick, max(0, more)) { spawn(due: ramp.due(user: users.count * stride + index)) }
        if users.count != mine {
            arm(Self.rampTimer, at: tick(now + 1))
        } else if let next = ramp.nextChange(after: now) {
            arm(Self.rampTimer, at: tick(next))
        } else {
            wheel.disarm(Self.rampTimer)
        }
    }

    private func spawn(due: UInt64) {
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
        // Due on the timers' grid, so that its coarseness is not taken for lag.
        let now = now()
        let due = min(now, origin + UInt64(tick(due)) * Self.nanosecondsPerTick)
        user.begin(due: due, now: now)
    }

    func remove(_ user: User) {
        wheel.disarm(2 + 2 * user.slot)
        wheel.disarm(3 + 2 * user.slot)
        slots[user.slot] = nil
        freeSlots.append(user.slot)
        living -= 1
        reportDrained()
    }

    // MARK: What users report

    func requestBegan(task: Int, lag nanoseconds: UInt64, by user: User) {
        recorder.start(task: task)
        lag.record(nanoseconds: nanoseconds)
        // A deadline that is armed already is left to find out by itself that it came too early.
        if !wheel.isArmed(3 + 2 * user.slot) { arm(3 + 2 * user.slot, at: tick(user.deadline)) }
    }

    func requestSucceeded(task: Int, latency: UInt64, now: UInt64) {
        if now >= secondEnd { roll(now: now) }
        recorder.succeed(task: task, latency: latency)
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

    /// Lets the user think; without think time its next request begins here and now.
    func rest(_ user: User, thinking: UInt64, backOff: Bool, now: UInt64) {
        let pause = backOff ? max(thinking, Self.backOff) : thinking
        guard pause > 0 else { return user.begin(due: now, now: now) }
        let half = Self.nanosecondsPerTick / 2
        let tick = max(tick(now - half + pause), tick(now))
        dues[user.slot] = origin + UInt64(tick) * Self.nanosecondsPerTick
        arm(2 + 2 * user.slot, at: tick)
    }

    // MARK: Time

    /// The first tick that is not before `time`.
    private func tick(_ time: UInt64) -> Int {
        time > origin ? Int((time - origin + Self.nanosecondsPerTick - 1) / Self.nanosecondsPerTick) : 0
    }

    private func arm(_ timer: Int, at tick: Int) {
        wheel.arm(timer, at: tick)
        if tick < armedTick { wake(at: tick) }
    }

    private func wake(at tick: Int) {
        armedTick = tick
        let time = max(origin + UInt64(tick) * Self.nanosecondsPerTick, now() + Self.breath)
        let deadline = NIODeadline.uptimeNanoseconds(time)
        // Fails only on a loop that is shut down, where nobody waits for timers any more.
        _ = try? eventLoop.assumeIsolated().scheduleCallback(at: deadline, handler: self)
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        let started = now()
        guard started >= origin else { return }
        let current = Int((started - origin) / Self.nanosecondsPerTick)
        // An earlier timer was armed after this call was ordered, and has been served.
        guard current >= armedTick else { return }
        armedTick = current
        while let timer = wheel.popDue(at: current) { fire(timer) }
        armedTick = .max
        if let next = wheel.nextWake() { wake(at: next) }
    }

    private func fire(_ timer: Int) {
        let now = now()
        switch timer {
        case Self.rampTimer: if whenDrained == nil { adjust(now: now) } else { closeSome(now: now) }
        case Self.secondTimer: roll(now: now)
        default:
            let slot = (timer - 2) / 2
            guard let user = slots[slot] else { return }
            if timer & 1 == 0 {
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

    /// Gives out every second that is over.
    private func roll(now: UInt64) {
        guard now >= secondEnd else { return }
        while now >= secondEnd {
            emit(recorder.close(users: users.count))
            secondEnd += 1_000_000_000
        }
        meter.sample(at: now)
        arm(Self.secondTimer, at: tick(secondEnd))
    }
}

/// What one loop did over the whole load.
struct LoopReport: Sendable {
    var cpuSeconds: Seconds
    var peakCPU: Share
    var lag: Distribution
}
