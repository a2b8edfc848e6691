package import Model

/// One measurement of a run as far as it has come.
package struct MeasurementHistory: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case waiting, running, skipped
        case ended(Outcome)
    }

    /// Requests of one task since the load began.
    package struct Total: Sendable, Equatable {
        package var ended: Int
        package var failed: Int

        package init(ended: Int = 0, failed: Int = 0) {
            self.ended = ended
            self.failed = failed
        }
    }

    /// Failures of one task and kind.
    package struct Failure: Sendable, Equatable {
        package var task: String
        package var kind: FailureKind
        package var count: Int
        /// Seconds of the load.
        package var first: Int
        package var last: Int
        package var example: FailureExample?
    }

    /// Seconds that are kept one by one; beyond, each stands for two, then for four.
    package static let mostSeconds = 1800
    /// Of a measurement that another one has followed.
    package static let mostSecondsLater = 240
    /// Tasks and kinds of failures that are listed; the totals count all.
    package static let mostFailures = 200
    private static let mostNotes = 100
    /// Steps that are kept; a search that goes on for hours has more.
    package static let mostDecisions = 400

    package let plan: RunPlan.Entry
    package private(set) var state = State.waiting
    package private(set) var began: UnixTime?
    package private(set) var ended: UnixTime?
    package private(set) var phase: Phase?
    package private(set) var seconds = Thinned<RunSecond>(limit: Self.mostSeconds)
    /// The newest second, with its tasks.
    package private(set) var latest: RunSecond?
    /// In the order of the tasks.
    package private(set) var totals: [Total]
    /// The newest steps.
    package private(set) var decisions: [StepDecision] = []
    /// How many older ones were dropped.
    package private(set) var decisionsBefore = 0
    package private(set) var usage = Thinned<UsageSample>(limit: Self.mostSeconds)
    package private(set) var latestUsage: UsageSample?
    package private(set) var failures: [Failure] = []
    package private(set) var restorations = 0
    package private(set) var losses: [ComponentLoss] = []
    /// As far as they were done; the one that was begun or ended last stands last.
    package private(set) var faults: [FaultRecord] = []
    package private(set) var notes: [String] = []

    init(_ plan: RunPlan.Entry) {
        self.plan = plan
        totals = plan.tasks.map { _ in Total() }
    }

    package var total: Total {
        totals.reduce(into: Total()) {
            $0.ended += $1.ended
            $0.failed += $1.failed
        }
    }

    /// At most, about.
    func secondsLeft(at now: UnixTime) -> Seconds {
        switch state {
        case .waiting: plan.time.whole
        case .running: max(0, plan.time.whole - (now - (began ?? now)))
        case .skipped, .ended: 0
        }
    }

    mutating func take(_ happening: RunHappening, at time: UnixTime) {
        switch happening {
        case .skipped: state = .skipped
        case .measurementBegan:
            state = .running
            began = time
        case .phaseBegan(let phase): self.phase = phase
        case .phaseEnded: phase = nil
        case .second(let second): take(second)
        case .stepEnded(let decision):
            decisions.append(decision)
            if decisions.count > Self.mostDecisions {
                decisions.removeFirst()
                decisionsBefore += 1
            }
        case .restored: restorations += 1
        case .lost(let loss, let story):
            losses.append(loss)
            if losses.count > Self.mostNotes { losses.removeFirst() }
            note(story)
        case .fault(let record):
            faults.removeAll { $0.index == record.index }
            faults.append(record)
        case .failed(let example): take(example)
        case .usage(let sample):
            latestUsage = sample
            usage.append(sample)
        case .note(let text): note(text)
        case .measurementEnded(let outcome):
            state = .ended(outcome)
            ended = time
            phase = nil
        case .planned, .runBegan, .runEnded, .closed: break
        }
    }

    /// Keeps less of it from now on.
    mutating func makeRoom() {
        seconds.limit = Self.mostSecondsLater
        usage.limit = Self.mostSecondsLater
    }

    private mutating func note(_ text: String) {
        notes.append(text)
        if notes.count > Self.mostNotes { notes.removeFirst() }
    }

    private mutating func take(_ second: RunSecond) {
        latest = second
        for (index, task) in second.tasks.enumerated() where totals.indices.contains(index) {
            totals[index].ended += task.ended
            totals[index].failed += task.failed
            for (kind, count) in task.failures { add(count, of: kind, plan.tasks[index], at: second.second) }
        }
        var reduced = second
        reduced.tasks = []
        seconds.append(reduced)
    }

    private mutating func add(_ count: Int, of kind: FailureKind, _ task: String, at second: Int) {
        guard let place = place(of: kind, task, at: second) else { return }
        failures[place].count += count
        failures[place].last = second
    }

    private mutating func take(_ example: FailureExample) {
        guard let place = place(of: example.kind, example.task, at: Int(max(0, example.time))) else { return }
        if failures[place].example == nil { failures[place].example = example }
    }

    private mutating func place(of kind: FailureKind, _ task: String, at second: Int) -> Int? {
        if let known = failures.firstIndex(where: { $0.kind == kind && $0.task == task }) { return known }
        guard failures.count < Self.mostFailures else { return nil }
        failures.append(Failure(task: task, kind: kind, count: 0, first: second, last: second))
        return failures.count - 1
    }
}
