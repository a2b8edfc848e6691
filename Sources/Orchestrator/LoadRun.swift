import Foundation
package import Model
package import Stacks

/// The load phase: feeds the source's samples to the conductor, the conductor's actions to the source, and watches the stack
/// meanwhile.
package struct LoadRun {
    package struct Result {
        package var steps: [LoadStep] = []
        /// Requests sent by each task, in the order of the tasks; the single ones between steps are among them.
        package var started: [Int]
        package var usage: [UsageSample] = []
        package var signals: SignalRecord?
        package var generator: GeneratorReport?
        package var notes: [String] = []
        package var losses: [ComponentLoss] = []
        /// nil where the definition has none.
        package var faults: [FaultRecord]?
        /// How often the data set was restored.
        package var restorations = 0
        /// How long that took, all together.
        package var restoring: Seconds = 0
        /// Requests of the stack's own to an application that was restarted.
        package var readinessRequests = 0
        /// Index of the step after which the application did not answer any more.
        package var diedAt: Int?
        /// Why the load stopped before its end; nil when it did not.
        package var error: (any Error)?
    }

    private let load: LoadDefinition
    private let criteria: [Criterion]
    private let source: any LoadSource
    private let stack: any RunningStack
    private let preflight: [PreflightResult]
    private let faults: FaultRun?
    private let clock: any Clock<Duration>
    private let save: @Sendable (SecondSample) throws -> Void
    private let tell: @Sendable (RunHappening) throws -> Void

    /// - Parameters:
    ///   - preflight: how the tasks' single requests were answered before the load; a search waits between its steps until
    ///     they are so again, unless the stack says itself when it is done.
    ///   - faults: made beside the load, which then goes on whatever dies; nil for none.
    ///   - clock: by which it waits for the application between steps.
    ///   - save: keeps a sample; when it throws, the load is stopped.
    ///   - tell: what happens, as it does; when it throws, the load is stopped.
    package init(
        load: LoadDefinition, criteria: [Criterion], source: any LoadSource, stack: any RunningStack,
        preflight: [PreflightResult] = [], faults: FaultRun? = nil,
        clock: any Clock<Duration> = ContinuousClock(), save: @escaping @Sendable (SecondSample) throws -> Void,
        tell: @escaping @Sendable (RunHappening) throws -> Void
    ) {
        self.load = load
        self.criteria = criteria
        self.source = source
        self.stack = stack
        self.preflight = preflight
        self.faults = faults
        self.clock = clock
        self.save = save
        self.tell = tell
    }

    /// Never throws: what was measured before a trouble is in the result, with the trouble.
    package func run() async -> Result {
        let sampler = UsageSampler(stack: stack, tell: tell)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await sampler.run() }
            var result = await drive()
            group.cancelAll()
            await group.waitForAll()
            result.usage = sampler.taken
            result.signals = sampler.signals
            return result
        }
    }

    private func drive() async -> Result {
        var result = Result(started: load.tasks.map { _ in 0 })
        let askedBefore = stack.readinessRequests
        var conductor = LoadConductor(load: load, criteria: criteria)
        var watch = LossWatch(components: stack.components, goesOn: faults != nil)
        var recovery = Recovery(source: source, clock: clock)
        var unrecovered: [Int: Unrecovered] = [:]
        var orders = OrderCounts(stack, isRestored: load.shape.isSearch)
        var examples = 0
        let samples = source.start()
        let faulting = beginFaults()
        perform(conductor.begin())
        for await sample in samples {
            for (index, task) in sample.tasks.enumerated() { result.started[index] += task.started }
            do {
                try save(sample)
                // What is decided after a second is wanted from the next one on.
                let wanted = (users: conductor.targetUsers, rate: conductor.targetRate)
                guard result.generator == nil else {
                    // What still ended after the load was stopped, when nobody is wanted any more.
                    try report(sample, (users: 0, rate: wanted.rate.map { _ in 0 }), conductor, isStepEnded: false)
                    continue
                }
                defer { result.losses = watch.losses }
                let sinceSample = clock.stopwatch()
                result.notes += try watch.look(at: stack.endedParts(), second: sample.second, tell: tell)
                let known = conductor.steps.count
                var action = conductor.observe(sample)
                try report(sample, wanted, conductor, isStepEnded: conductor.steps.count > known)
                let failures = source.failureExamples
                for failure in failures.dropFirst(examples) { try tell(.failed(failure)) }
                examples = failures.count
                perform(action)
                if conductor.activity == .drain, !load.shape.isOpen, ![.restore, .regroup].contains(action),
                    await isEmptied()
                {
                    action = conductor.whenEmptied
                }
                for agent in conductor.takeLosses() {
                    let note = Self.note(of: agent, second: sample.second, ends: action == .finished)
                    result.notes.append(note)
                    try tell(.note(note))
                }
                if [.restore, .regroup].contains(action), await !source.regroup() {
                    result.error = source.failure ?? CancellationError()
                    result.generator = await source.stop()
                    continue
                }
                if action == .regroup {
                    action = conductor.regrouped(after: sinceSample().seconds)
                    perform(action)
                }
                if conductor.steps.count > known, !load.shape.isSearch, action != .finished {
                    orders.countMeanwhile(after: known)
                }
                if action == .restore {
                    if await isReadyToRestore(&recovery) {
                        await orders.count(after: conductor.steps.count - 1)
                        let restoring = clock.stopwatch()
                        try await stack.restoreDataset()
                        let restored = restoring().seconds
                        result.restoring += restored
                        if stack.restoresData { try tell(.restored(seconds: restored)) }
                        unrecovered[conductor.steps.count] = try await recover(&recovery)
                        action = conductor.restored(after: sinceSample().seconds)
                        result.restorations += 1
                    } else {
                        result.diedAt = conductor.steps.count - 1
                        action = .finished
                    }
                    perform(action)
                }
                if action == .finished {
                    if case .findLimit = load.shape, result.diedAt == nil, conductor.steps.last?.passed == false {
                        source.setUsers(0, ratePerSecond: .infinity, thinkingFirst: false)
                        if await !answersAgain(&recovery) { result.diedAt = conductor.steps.count - 1 }
                    }
                    faulting?.cancel()
                    result.generator = await source.stop()
                }
            } catch {
                result.error = result.error ?? error
                faulting?.cancel()
                if result.generator == nil { result.generator = await source.stop() }
            }
        }
        await endFaults(faulting, in: &result)
        if result.generator == nil {
            result.generator = await source.stop()
            result.error = source.failure ?? CancellationError()
        }
        for (index, task) in load.tasks.enumerated() { result.started[index] += recovery.tried[task.name] ?? 0 }
        result.readinessRequests = stack.readinessRequests - askedBefore
        result.steps = conductor.steps
        await orders.note(in: &result.steps)
        if let died = result.diedAt, result.steps.indices.contains(died) { result.steps[died].killed = true }
        for (step, fault) in unrecovered where result.steps.indices.contains(step) {
            result.steps[step].unrecovered = fault
        }
        return result
    }

    /// They have a task of their own: a second in which much is decided delays none of them.
    private func beginFaults() -> Task<Void, Never>? {
        guard let faults else { return nil }
        let ago = Date().timeIntervalSince1970 - source.loadBegan
        // By the wall clock, which may be set meanwhile.
        let lead = (0...1).contains(ago) ? ago : 0
        return Task { [clock] in await faults.run(clock, lead: .seconds(lead)) }
    }

    /// Takes back what is in force before anything else is asked of the stack.
    private func endFaults(_ faulting: Task<Void, Never>?, in result: inout Result) async {
        guard let faults, let faulting else { return }
        faulting.cancel()
        await faulting.value
        await faults.finish()
        result.faults = faults.records
        result.notes += faults.notes
    }

    private static func note(of agent: String, second: Int, ends: Bool) -> String {
        ends
            ? "The agent \(agent) was lost in second \(second) of the load, which was stopped for it."
            : "The agent \(agent) was lost in second \(second) of the load: its step is inconclusive, and was repeated by the "
                + "agents that were left."
    }

    /// - Returns: whether all users are gone before the second under way is over.
    private func isEmptied() async -> Bool {
        let waited = clock.stopwatch()
        while waited() < .milliseconds(900) {
            if await source.isQuiet() { return true }
            guard (try? await clock.sleep(for: .milliseconds(10))) != nil else { return false }
        }
        return false
    }

    /// Waits until nothing is under way in the application.
    /// - Returns: whether it answers.
    private func isReadyToRestore(_ recovery: inout Recovery) async -> Bool {
        if stack.showsBacklog { await Backlog(components: stack.components, clock: clock).drain() }
        return await answersAgain(&recovery)
    }

    /// A stack of ours says by its metrics when it is done, and which of its parts died; another one is tried.
    private func answersAgain(_ recovery: inout Recovery) async -> Bool {
        guard !stack.showsBacklog else { return true }
        return await recovery.wait()
    }

    /// Waits until the application answers as it did before the load.
    /// - Returns: how it does not, once that has been waited for long enough.
    private func recover(_ recovery: inout Recovery) async throws -> Unrecovered? {
        guard !stack.showsBacklog else { return nil }
        let fault = await recovery.wait(untilAs: preflight)
        if let fault {
            let how = fault.failure.map { "failed (\($0.rawValue))" } ?? "took \(fault.latency.inMilliseconds)"
            try tell(
                .note(
                    "The next step begins although the application has not recovered: after \(Int(fault.waited)) s a request "
                        + "of \(fault.task) \(how), before the load it took \(fault.latencyBefore.inMilliseconds)"))
        }
        return fault
    }

    private func perform(_ action: LoadConductor.Action) {
        switch action {
        case .setUsers(let users, let rate, let thinkingFirst):
            source.setUsers(users, ratePerSecond: rate, thinkingFirst: thinkingFirst)
        case .setRate(let rate, let seconds): source.setRate(rate, over: seconds)
        case .proceed, .restore, .regroup, .finished: break
        }
    }

    /// - Parameter wanted: during the second, which may have ended a step.
    private func report(
        _ sample: SecondSample, _ wanted: (users: Int, rate: Double?), _ conductor: LoadConductor, isStepEnded: Bool
    ) throws {
        try tell(
            .second(
                RunSecond(
                    sample, activity: conductor.activity, targetUsers: wanted.users, targetRate: wanted.rate)))
        if isStepEnded, let decision = conductor.decision { try tell(.stepEnded(decision)) }
    }
}

extension Seconds {
    fileprivate var inMilliseconds: String { "\(Int((self * 1000).rounded(.up))) ms" }
}
