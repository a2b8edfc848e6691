import Model
import Stacks

/// The load phase: feeds the source's samples to the conductor, the conductor's actions to the source, and watches the stack
/// meanwhile.
struct LoadRun {
    struct Result {
        var steps: [LoadStep] = []
        /// Requests sent by each task, in the order of the tasks.
        var started: [Int]
        var usage: [UsageSample] = []
        var signals: SignalRecord?
        var generator: GeneratorReport?
        var notes: [String] = []
        var losses: [ComponentLoss] = []
        /// How often the data set was restored.
        var restorations = 0
        /// Index of the step after which the application did not answer any more.
        var diedAt: Int?
        /// Why the load stopped before its end; nil when it did not.
        var error: (any Error)?
    }

    let load: LoadDefinition
    let limits: [Criterion]
    let source: any LoadSource
    let stack: any RunningStack
    let save: @Sendable (SecondSample) throws -> Void
    let progress: @Sendable (ProgressEvent) -> Void

    /// Never throws: what was measured before a trouble is in the result, with the trouble.
    func run() async -> Result {
        let sampler = UsageSampler(stack: stack)
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
        var conductor = LoadConductor(load: load, limits: limits)
        var watch = CasualtyWatch(components: stack.components)
        let samples = source.start()
        perform(conductor.begin())
        for await sample in samples {
            for (index, task) in sample.tasks.enumerated() { result.started[index] += task.started }
            do {
                try save(sample)
                guard result.generator == nil else { continue }
                defer { result.losses = watch.losses }
                let began = ContinuousClock.now
                result.notes += try watch.look(at: stack.casualties(), second: sample.second, progress: progress)
                let known = conductor.steps.count
                var action = conductor.observe(sample)
                report(sample, conductor, newSteps: conductor.steps.dropFirst(known))
                perform(action)
                if conductor.activity == .drain, action != .restore, await isEmptied() { action = .restore }
                if action == .restore {
                    if try await restore() {
                        action = conductor.restored(after: (ContinuousClock.now - began).seconds)
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
                        if await !answersAgain() { result.diedAt = conductor.steps.count - 1 }
                    }
                    result.generator = await source.stop()
                }
            } catch {
                result.error = result.error ?? error
                if result.generator == nil { result.generator = await source.stop() }
            }
        }
        if result.generator == nil {
            result.generator = await source.stop()
            result.error = CancellationError()
        }
        result.steps = conductor.steps
        if let died = result.diedAt { result.steps[died].killed = true }
        return result
    }

    /// - Returns: whether all users are gone before the second under way is over.
    private func isEmptied() async -> Bool {
        let deadline = ContinuousClock.now + .milliseconds(900)
        while ContinuousClock.now < deadline {
            if await source.isQuiet() { return true }
            guard (try? await Task.sleep(for: .milliseconds(10))) != nil else { return false }
        }
        return false
    }

    /// - Returns: whether the application answers.
    private func restore() async throws -> Bool {
        if stack.showsBacklog { await Backlog(components: stack.components).drain() }
        guard await answersAgain() else { return false }
        try await stack.restoreDataset()
        return true
    }

    /// A stack of ours says by its metrics when it is done, and which of its parts died; another one is tried.
    private func answersAgain() async -> Bool {
        guard !stack.showsBacklog else { return true }
        return await Recovery(source: source).wait()
    }

    private func perform(_ action: LoadConductor.Action) {
        switch action {
        case .setUsers(let users, let rate, let thinkingFirst):
            source.setUsers(users, ratePerSecond: rate, thinkingFirst: thinkingFirst)
        case .setRate(let rate, let seconds): source.setRate(rate, over: seconds)
        case .proceed, .restore, .finished: break
        }
    }

    private func report(_ sample: SecondSample, _ conductor: LoadConductor, newSteps: ArraySlice<LoadStep>) {
        progress(
            .second(
                LoadStatus(
                    sample, activity: conductor.activity, targetUsers: conductor.targetUsers,
                    targetRate: conductor.targetRate)))
        for step in newSteps { progress(.stepEnded(step)) }
    }
}

/// Notices components that die under load. Without its database, its balancer or its last replica nothing is left to
/// measure; one replica of several, or Prometheus, is a loss that the record notes.
struct CasualtyWatch {
    private let stores: Set<String>
    private let indispensable: Set<String>
    private var known: Set<String> = []
    private(set) var losses: [ComponentLoss] = []

    init(components: [Component]) {
        stores = Set(components.filter { $0.role == .store }.map(\.name))
        indispensable = Set(components.filter { $0.role != .store && $0.role != .prometheus }.map(\.name))
    }

    /// - Returns: notes for the record on what died since the last look.
    /// - Throws: `Problem` when the measurement cannot go on.
    mutating func look(
        at casualties: [Casualty], second: Int, progress: (ProgressEvent) -> Void
    ) throws -> [String] {
        let new = casualties.filter { !known.contains($0.component) }
        known.formUnion(new.map(\.component))
        losses += new.map { ComponentLoss(component: $0.component, second: second) }
        let notes = new.map { "At second \(second) of the load: \($0.story)" }
        for note in notes { progress(.note(note)) }
        if let fatal = new.first(where: { indispensable.contains($0.component) })
            ?? (stores.isSubset(of: known) ? new.first : nil)
        {
            throw Problem(.measurement, "at second \(second) of the load \(fatal.story)")
        }
        return notes
    }
}
