import Model
import Orchestrator
import Synchronization
import Web

/// The page of a run that was started in the terminal. It ends with the run.
struct LivePage: Sendable {
    private let server: WebServer
    private let desk: RunDesk
    private let gate: Gate
    private let options: WebOptions
    private let timeline: Timeline
    private let stop = Stop()

    /// What the page's button does.
    private final class Stop: Sendable {
        private let action = Mutex<(@Sendable () -> Void)?>(nil)
        func set(_ action: (@Sendable () -> Void)?) { self.action.withLock { $0 = action } }
        func callAsFunction() { action.withLock { $0 }?() }
    }

    init(_ places: Places, _ options: WebOptions, _ timeline: Timeline) throws {
        let templates = try places.webTemplates()
        desk = RunDesk(board: LiveBoard(templates: templates))
        gate = options.gate()
        self.options = options
        self.timeline = timeline
        let settings = WebSettings(
            gate: gate, templates: templates, experiments: ExperimentShelf(path: places.experiments),
            runs: RunShelf(path: places.output), desk: desk, actions: nil)
        server = WebServer(settings, host: options.address, port: options.port)
    }

    /// Runs work that the page's button cancels too.
    func stoppable<Answer: Sendable>(_ work: @escaping @Sendable () async throws -> Answer) async throws -> Answer {
        let task = Task { try await work() }
        stop.set { task.cancel() }
        defer { stop.set(nil) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Runs work, and serves the page until it has ended.
    /// - Throws: what the work throws, or `Problem` when the page cannot be served.
    static func beside<Answer: Sendable>(
        _ page: LivePage?, _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        guard let page else { return try await work() }
        try await page.desk.adopt(page.timeline) { page.stop() }
        let (isServed, served) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask {
                // Without a page nothing begins.
                defer { served.finish() }
                try await page.server.run { _ in
                    page.options.tell(page.gate, page: "run")
                    served.yield()
                }
                return nil
            }
            group.addTask {
                guard await isServed.first(where: { _ in true }) != nil else { return nil }
                defer { page.close() }
                let answer = try await work()
                // Open pages are to show how it ended.
                try? await Task.sleep(for: .seconds(1))
                return answer
            }
            while let next = try await group.next() {
                guard let answer = next else { continue }
                group.cancelAll()
                return answer
            }
            throw CancellationError()
        }
    }

    /// Ends the timeline of a run that could not begin.
    private func close() {
        guard timeline.history.closing == nil else { return }
        try? timeline.tell(.closed(RunClosing(isInterrupted: true)))
    }
}
