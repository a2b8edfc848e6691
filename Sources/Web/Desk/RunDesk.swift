import Model
package import Orchestrator

/// Where runs and loads are started and stopped: one at a time.
package actor RunDesk {
    package enum Kind: Sendable, Equatable { case run, load }

    package enum Refusal: Error, Sendable, Equatable {
        /// Something runs already.
        case busy
        /// No more is started, since the server ends.
        case closing
    }

    private struct Job {
        var number: Int
        var kind: Kind
        var timeline: Timeline
        var stop: @Sendable () -> Void
        var steering: Steering?
        var isStopping = false
    }

    package let board: LiveBoard
    private var job: Job?
    private var isClosing = false
    private var count = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// What the load that was started last was asked for with.
    private(set) var lastLoad: Form?

    package init(board: LiveBoard) { self.board = board }

    /// What goes on now; nil for nothing.
    package var running: Kind? { job?.kind }

    func remember(_ form: Form) { lastLoad = form }

    /// Whether what goes on was told to stop.
    package var isStopping: Bool { job?.isStopping == true }

    /// Starts work of its own, which is cancelled by `stop`.
    /// - Throws: `Refusal`.
    package func start(
        _ kind: Kind, steering: Steering? = nil, _ work: @escaping @Sendable (Timeline) async throws -> Void
    ) async throws {
        let timeline = Timeline()
        try await take(kind, timeline, steering: steering) {
            let task = Task {
                do {
                    try await work(timeline)
                    finish(timeline, problem: nil)
                } catch {
                    finish(timeline, problem: error is CancellationError ? nil : "\(error)")
                }
                self.ended(timeline)
            }
            return { task.cancel() }
        }
    }

    /// Shows a run that was started elsewhere, until it is closed.
    package func adopt(_ timeline: Timeline, stop: @escaping @Sendable () -> Void) async throws {
        try await take(.run, timeline, steering: nil) {
            let events = timeline.follow().events
            Task {
                for await _ in events {}
                self.ended(timeline)
            }
            return stop
        }
    }

    private func take(
        _ kind: Kind, _ timeline: Timeline, steering: Steering?, begin: () -> @Sendable () -> Void
    ) async throws {
        guard !isClosing else { throw Refusal.closing }
        guard job == nil else { throw Refusal.busy }
        count += 1
        job = Job(number: count, kind: kind, timeline: timeline, stop: begin(), steering: steering)
        await board.show(timeline, as: kind)
    }

    /// Ends what goes on, as Ctrl-C does; what was measured is kept. A second call changes nothing.
    package func stop() {
        guard let stop = job?.stop, job?.isStopping == false else { return }
        job?.isStopping = true
        stop()
    }

    /// As many users as a load was last told to have; nil where none can be told.
    package var users: Int? { job?.steering?.users }

    /// Changes the number of users of a load.
    /// - Returns: false where none goes on.
    package func steer(users: Int) -> Bool {
        guard let steering = job?.steering else { return false }
        steering.setUsers(users)
        return true
    }

    /// Ends what goes on, and waits until it has ended.
    package func close() async {
        isClosing = true
        stop()
        if job != nil { await withCheckedContinuation { waiting.append($0) } }
        await board.close()
    }

    private func ended(_ timeline: Timeline) {
        guard job?.timeline === timeline else { return }
        job = nil
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}

/// Ends a timeline that was not ended where it was told.
private func finish(_ timeline: Timeline, problem: String?) {
    guard timeline.history.closing == nil else { return }
    try? timeline.tell(.closed(RunClosing(isInterrupted: problem == nil && Task.isCancelled, problem: problem)))
}
