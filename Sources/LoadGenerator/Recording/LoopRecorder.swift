import Model

/// What one loop counts: the second under way, and what lasts the whole load.
struct LoopRecorder {
    /// When the second under way ends, in nanoseconds of the monotonic clock.
    private(set) var secondEnd = UInt64.max

    private let tasks: [PlannedTask]
    private let failures: FailureLog
    private let emit: (SecondSample) -> Void
    private var seconds: SecondRecorder
    private var lag = LatencyHistogram()
    private var timerLag = LatencyHistogram()
    private var worstTimerLag: UInt64 = 0
    private var meter = ThreadMeter()
    private var unwantedExamples: Set<FailureLog.Key> = []
    private var knownSigns: Set<SignKind> = []
    /// Nothing has begun here yet, as was to be expected: the thread is none of those that send the load.
    private var isSpare: Bool

    /// - Parameters:
    ///   - isSpare: how the loop itself did is said only once something has begun here.
    ///   - emit: takes each second that is over.
    init(tasks: [PlannedTask], failures: FailureLog, isSpare: Bool, emit: @escaping (SecondSample) -> Void) {
        self.isSpare = isSpare
        self.tasks = tasks
        self.failures = failures
        self.emit = emit
        seconds = SecondRecorder(tasks: tasks.count)
    }

    /// Second 0 begins at `origin`.
    mutating func start(origin: UInt64) {
        secondEnd = origin + 1_000_000_000
        seconds.begin(at: origin)
        meter.start(at: Clocks.now)
    }

    /// Requests that have no answer yet.
    var inFlight: Int { seconds.inFlight }

    mutating func fallDue() { seconds.fallDue() }

    /// - Parameters:
    ///   - due: when it was, in nanoseconds of the monotonic clock.
    ///   - late: nanoseconds since then.
    mutating func began(task: Int, due: UInt64, lag late: UInt64) {
        isSpare = false
        seconds.start(task: task, due: due, lag: late)
        lag.record(nanoseconds: late)
    }

    /// - Parameter due: as at its start.
    mutating func succeeded(task: Int, due: UInt64, latency: UInt64, firstByte: UInt64) {
        seconds.succeed(task: task, due: due, latency: latency, firstByte: firstByte)
    }

    /// - Parameter due: as at its start.
    /// - Returns: whether an example of this failure is wanted.
    mutating func failed(task: Int, kind: FailureKind, due: UInt64, latency: UInt64) -> Bool {
        seconds.fail(task: task, kind: kind, due: due, latency: latency)
        return !unwantedExamples.contains(.init(task: tasks[task].name, kind: kind))
    }

    /// A request is sent again, because its kept connection was closed.
    mutating func reconnected(task: Int) { seconds.reconnect(task: task) }

    /// A connection is established.
    mutating func connected() { seconds.connect() }

    /// An answer came compressed.
    mutating func decoded(task: Int, _ body: CompressedBodies) { seconds.decode(task: task, body) }

    /// A redirect is followed.
    mutating func hopped(task: Int) { seconds.hop(task: task) }

    mutating func keep(_ example: FailureExample) {
        if !failures.add(example) { unwantedExamples.insert(.init(task: example.task, kind: example.kind)) }
    }

    /// Looks for known signs in a failed answer, unless enough were looked at in this second.
    mutating func look(at answer: UnsafeRawBufferPointer) {
        guard seconds.mayLook else { return }
        var found: Set<SignKind> = []
        SignScanner.shared.lines(in: answer) { sign, line, place in
            guard sign.sources.contains(.answers), found.insert(sign).inserted, knownSigns.insert(sign).inserted else {
                return
            }
            failures.keep(SignExcerpt.kept(answer, line: line, place: place), of: sign)
        }
        seconds.look(found: found)
    }

    var mayLook: Bool { seconds.mayLook }

    mutating func timerFired(due: UInt64, now: UInt64) {
        let late = now > due ? now - due : 0
        timerLag.record(nanoseconds: late)
        worstTimerLag = max(worstTimerLag, late)
    }

    /// Gives out every second that is over.
    mutating func roll(now: UInt64, users: Int, connections: Int) {
        while now >= secondEnd {
            closeSecond(at: now, users: users, connections: connections)
            secondEnd += 1_000_000_000
        }
    }

    /// Gives out the second under way as the last one.
    mutating func finish(users: Int, connections: Int) -> LoopTotals {
        secondEnd = .max
        closeSecond(at: Clocks.now, users: users, connections: connections, isWhole: false)
        return LoopTotals(
            report: isSpare
                ? nil : LoopReport(cpuSeconds: meter.total, peakCPU: meter.peak, timerLag: timerLag.distribution),
            lag: lag.distribution, due: seconds.due, sent: seconds.sent)
    }

    private mutating func closeSecond(at now: UInt64, users: Int, connections: Int, isWhole: Bool = true) {
        let (cpu, wait) = meter.sample(at: now)
        let loop = LoopSecond(cpu: cpu, timerLag: Double(worstTimerLag) / 1e9, cpuWait: wait)
        worstTimerLag = 0
        emit(
            seconds.close(
                users: users, loop: isSpare ? nil : loop, connections: connections, at: isWhole ? nil : now))
    }
}

/// What one loop did over the whole load.
struct LoopTotals: Sendable {
    /// nil of a thread that was kept spare all the time.
    var report: LoopReport?
    var lag: Distribution
    var due: Int
    var sent: Int
    /// When the last request ended, in nanoseconds of the monotonic clock; 0 where that is not asked for.
    var lastEnd: UInt64 = 0
}
