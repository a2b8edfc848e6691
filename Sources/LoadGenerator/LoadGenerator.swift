package import Model
import Synchronization
import Threads

/// A load generator of closed loads, where each virtual user has its own connection, sends a task's request, checks the
/// answer, thinks and begins anew, and of open ones, where requests arrive at a rate; all on threads of its own. Call
/// `stop()` at the end, also when no load was started.
package final class LoadGenerator: PartialLoadSource {
    private struct State: Sendable {
        var stage = Stage.idle
        var origin: UInt64 = 0
        var wallOrigin: UnixTime = 0
        var ramp = Ramp(from: 0, goal: 0, ratePerSecond: 0, began: 0)
        var rate: RateSchedule?
        var waiting: [CheckedContinuation<GeneratorReport, Never>] = []
    }

    private enum Stage: Sendable {
        case idle, running, stopping
        case stopped(GeneratorReport)
    }

    private let plan: LoadPlan
    private let reached: ReachedAddress
    private let security: TLSContext?
    private let loops: [LoopThread]
    private let relay: Relay
    private let failures: FailureLog
    private let machine: MachineMeter
    private let outlet: SampleOutlet
    private let state = Mutex(State())

    /// Asks for the endpoint's address, which may block for a name, and raises the process's limit of open files.
    /// - Throws: a `Problem` when the endpoint has no address or the load cannot be sent.
    package init(endpoint: Endpoint, load: LoadDefinition, options: LoadOptions = .init()) throws {
        let plan = try LoadPlan(load, for: endpoint, part: options.part)
        let reached = try endpoint.resolved()
        let address = reached.address
        self.plan = plan
        self.reached = reached
        let security = try endpoint.trust.map {
            try TLSContext(
                host: endpoint.host, trust: $0, identity: endpoint.identity, http2: plan.streams != nil)
        }
        self.security = security
        OpenFiles.raiseLimit()
        let (sessions, room) = (options.sessions, options.room ?? LoopThread.room)
        let shares = UserShare.plan(
            users: load.shape.mostUsers(sessions: sessions), threads: max(1, options.threads), room: room,
            part: options.part)
        let machine = MachineMeter(
            addresses: SourceAddresses(target: address).count, room: room.map { $0 * shares.count })
        let outlet = SampleOutlet(loops: shares.count, machine: machine)
        let failures = FailureLog(hiding: plan.secrets)
        self.failures = failures
        self.machine = machine
        self.outlet = outlet
        let relay = try Relay()
        self.relay = relay
        var loops: [LoopThread] = []
        do {
            for share in shares {
                try loops.append(
                    LoopThread { poller in
                        UserLoop(
                            plan: plan, address: address, security: security, poller: poller, share: share,
                            sessions: sessions, failures: failures,
                            emit: { part in relay.post { outlet.add(part, of: share.index) } })
                    })
            }
        } catch {
            for loop in loops { loop.end() }
            relay.end()
            throw error
        }
        self.loops = loops
    }

    /// Each task once, one after the other, with every one of its bodies: a task with several bodies has several results.
    /// Tasks come in their order but where one needs a value that another takes. Never throws: failures are in the results.
    /// When the task that waits is cancelled, the results so far are returned.
    package func preflight() async -> [PreflightResult] {
        var sequence = PreflightSequence(plan)
        while !isStopping, let step = sequence.next() {
            let probe = Probe(plan: plan, task: step.task, body: step.body, own: sequence.own)
            guard let outcome = await tried(probe) else { break }
            sequence.tried(outcome.result, taken: outcome.taken, cookies: outcome.cookies)
        }
        sequence.handOver()
        return sequence.results
    }

    /// Does the tasks of the setup where `preflight()` has not done them.
    package func prepare() async {
        guard plan.tasks.count > plan.drawn, plan.shared.values.isEmpty else { return }
        await withCheckedContinuation { continuation in
            let isThere = SystemThread.detach {
                self.setUp()
                continuation.resume()
            }
            if !isThere { continuation.resume() }
        }
    }

    private func setUp() {
        let own = UserValues(plan)
        for task in plan.drawn..<plan.tasks.count {
            let probe = Probe(plan: plan, task: task, body: 0, own: own)
            let outcome = probe.run(to: reached.address, security)
            own.cookies = outcome.cookies
            for (variable, value) in zip(plan.tasks[task].takes, outcome.taken) {
                own.keep(value, as: variable)
                plan.shared.share(value, as: variable)
            }
        }
    }

    /// - Returns: nil when the task that waits is cancelled.
    private func tried(_ probe: Probe) async -> Probe.Outcome? {
        let (address, security) = (reached.address, security)
        let answer = FirstAnswer<Probe.Outcome?>()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard answer.isAwaited(by: continuation) else { return }
                let isThere = SystemThread.detach { answer.give(probe.run(to: address, security)) }
                if !isThere { answer.give(probe.run(to: address, security)) }
            }
        } onCancel: {
            answer.give(nil)
        }
    }

    /// Begins second 0. One sample per second, also when nothing happened; the last covers the part of a second before
    /// the end. The stream finishes after `stop()`; only the first call gets samples. Tasks of the setup are done before,
    /// where `preflight()` has not done them.
    package func start() -> AsyncStream<SecondSample> {
        if plan.shared.values.isEmpty { setUp() }
        return start(at: Clocks.now)
    }

    package func start(at origin: UInt64) -> AsyncStream<SecondSample> {
        let wall = Clocks.wall - (Double(Clocks.now) - Double(origin)) / 1e9
        let first = state.withLock { state in
            guard case .idle = state.stage else { return false }
            state.stage = .running
            state.origin = origin
            state.wallOrigin = wall
            return true
        }
        guard first else { return AsyncStream { $0.finish() } }
        let samples = outlet.open()
        for loop in loops { loop.submit { $0.start(origin: origin) } }
        return samples
    }

    /// Wall clock at the beginning of second 0; 0 before `start()`.
    package var loadBegan: UnixTime { state.withLock { $0.wallOrigin } }

    /// Moves the number of users towards `users`, one by one at due times, the first at once. Users that leave finish
    /// their request first. Without effect before `start()` and after `stop()`.
    /// - Parameters:
    ///   - ratePerSecond: users per second; infinite makes all changes at once.
    ///   - thinkingFirst: users that come begin in the middle of a thought; else with a request. The requests of many that
    ///     come together are then spread as they are when they have long been there.
    package func setUsers(_ users: Int, ratePerSecond: Double, thinkingFirst: Bool = false) {
        setUsers(users, ratePerSecond: ratePerSecond, thinkingFirst: thinkingFirst, at: Clocks.now)
    }

    package func setUsers(_ users: Int, ratePerSecond: Double, thinkingFirst: Bool, at time: UInt64) {
        state.withLock { state in
            guard case .running = state.stage else { return }
            let ramp = Ramp(
                from: state.ramp.users(at: time), goal: users, ratePerSecond: ratePerSecond, began: time,
                usersThinkFirst: thinkingFirst)
            state.ramp = ramp
            // Ordered under the lock, so that every loop sees the same ramps in the same order.
            for loop in loops { loop.submit { $0.follow(ramp) } }
        }
    }

    /// Whether no user is left and no request under way; so it is, too, when no load runs.
    package func isQuiet() async -> Bool {
        await withCheckedContinuation { continuation in
            let isAsked = state.withLock { state in
                guard case .running = state.stage else { return false }
                afterAll({ loop, done in done(loop.population.isEmpty) }) { answers in
                    continuation.resume(returning: answers.allSatisfy(\.self))
                }
                return true
            }
            if !isAsked { continuation.resume(returning: true) }
        }
    }

    /// Moves the rate of an open load, in a straight line and then holding it. Without effect on a load of users, before
    /// `start()` and after `stop()`.
    /// - Parameters:
    ///   - perSecond: requests per second.
    ///   - seconds: how long the rate takes to get there.
    package func setRate(_ perSecond: Double, over seconds: Seconds) {
        setRate(perSecond, over: seconds, at: Clocks.now)
    }

    package func setRate(_ perSecond: Double, over seconds: Seconds, at time: UInt64) {
        state.withLock { state in
            guard case .running = state.stage, plan.arrivals != nil else { return }
            let schedule =
                state.rate?.moving(to: perSecond, over: seconds, at: time)
                ?? RateSchedule(goal: perSecond, over: seconds, began: time)
            state.rate = schedule
            for loop in loops { loop.submit { $0.follow(schedule) } }
        }
    }

    /// What a cancelled task waits at most for answers in flight.
    private static let patience = Duration.seconds(1)

    /// Sends nothing new, waits for answers in flight, at most the load's timeout, and closes all connections. A second
    /// call gets the same report. When the task that waits is cancelled, answers in flight are waited for a second at most.
    package func stop() async -> GeneratorReport {
        await withTaskCancellationHandler {
            await report()
        } onCancel: {
            Task {
                try await Task.sleep(for: Self.patience)
                for loop in loops { loop.submit { $0.abandon() } }
            }
        }
    }

    private func report() async -> GeneratorReport {
        enum Turn { case wait, run(started: Bool), over(GeneratorReport) }
        return await withCheckedContinuation { continuation in
            let turn = state.withLock { state -> Turn in
                switch state.stage {
                case .stopped(let report):
                    return .over(report)
                case .stopping:
                    state.waiting.append(continuation)
                    return .wait
                case .idle, .running:
                    let started = state.origin > 0
                    state.stage = .stopping
                    state.waiting.append(continuation)
                    return .run(started: started)
                }
            }
            switch turn {
            case .wait: break
            case .over(let report): continuation.resume(returning: report)
            case .run(let started): drain(started: started)
            }
        }
    }

    /// The first three failures of each task and kind; requests and answers cut to 1 KiB.
    package var failureExamples: [FailureExample] { failures.examples }

    package var signExamples: [SignKind: String] { failures.signs }

    private var isStopping: Bool {
        state.withLock { state in
            switch state.stage {
            case .idle, .running: false
            case .stopping, .stopped: true
            }
        }
    }

    deinit {
        // A generator that is dropped without `stop()` must not leave its threads behind.
        if !isStopping { endThreads() }
    }

    /// Makes generators in this process.
    package static func maker(_ options: LoadOptions = .init()) -> MakeLoadSource {
        { try LoadGenerator(endpoint: $0, load: $1, options: options) }
    }

    /// Makes generators of parts of a load in this process.
    package static let partMaker: MakePartialLoadSource = { endpoint, load, part, threads, sessions in
        try LoadGenerator(
            endpoint: endpoint, load: load,
            options: LoadOptions(threads: threads, sessions: sessions, part: part))
    }

    // MARK: The end

    private func drain(started: Bool) {
        guard started else { return shutDown([], end: 0) }
        afterAll({ loop, done in loop.drain { done(()) } }, then: { (_: [Void]) in self.collect() })
    }

    private func collect() {
        let end = Clocks.now
        afterAll({ loop, done in done(loop.finish(at: end)) }, then: { self.shutDown($0, end: end) })
    }

    /// Asks every loop, and goes on when all have answered; answers are in the loops' order.
    private func afterAll<Answer: Sendable>(
        _ ask: @escaping @Sendable (UserLoop, @escaping @Sendable (Answer) -> Void) -> Void,
        then: @escaping @Sendable ([Answer]) -> Void
    ) {
        let (relay, answers) = (relay, Answers<Answer>(count: loops.count))
        for (index, loop) in loops.enumerated() {
            loop.submit { loop in
                ask(loop) { answer in
                    relay.post { if let all = answers.add(answer, at: index) { then(all) } }
                }
            }
        }
    }

    private func endThreads() {
        for loop in loops { loop.end() }
        relay.end()
    }

    private func shutDown(_ totals: [LoopTotals], end: UInt64) {
        let origin = state.withLock { $0.origin }
        let reports = totals.compactMap(\.report)
        let report = GeneratorReport(
            threads: reports.count, cpuSeconds: reports.reduce(0) { $0 + $1.cpuSeconds },
            seconds: end > origin ? Double(end - origin) / 1e9 : 0,
            peakThreadCPU: reports.reduce(0) { max($0, $1.peakCPU) }, lag: .merged(totals.map(\.lag)),
            loops: reports, due: totals.reduce(0) { $0 + $1.due },
            sent: totals.reduce(0) { $0 + $1.sent }, fewestDescriptorsLeft: machine.fewestDescriptors,
            fewestPortsLeft: machine.fewestPorts, address: reached.choice,
            lastEnded: totals.map(\.lastEnd).max().flatMap { $0 > origin ? Double($0 - origin) / 1e9 : nil })
        endThreads()
        outlet.finish()
        let waiting = state.withLock { state in
            state.stage = .stopped(report)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: report) }
    }
}

/// What several threads answer, put together.
private final class Answers<Answer: Sendable>: Sendable {
    private let answers: Mutex<[Answer?]>

    init(count: Int) {
        answers = Mutex(Array(repeating: nil, count: count))
    }

    /// - Returns: all of them once this one was the last.
    func add(_ answer: Answer, at index: Int) -> [Answer]? {
        answers.withLock { answers in
            answers[index] = answer
            let all = answers.compactMap(\.self)
            return all.count == answers.count ? all : nil
        }
    }
}
