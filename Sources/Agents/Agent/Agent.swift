package import Model
import Synchronization
import Threads

/// Generates a part of a load for an orchestrator at the other end of a channel. It listens nowhere, and loads only the
/// target of its plan. When it hears nothing for a while, or the channel ends, its load ends too.
package final class Agent: Sendable {
    package enum Ending: Sendable, Equatable {
        /// The orchestrator closed the channel.
        case closed
        /// It has heard nothing for so long that there may be nobody.
        case unheard
        /// What came was no message.
        case garbled
    }

    /// How long it goes on without hearing anything, in nanoseconds.
    package static let patience: UInt64 = 5_000_000_000
    /// Between looks at that, in nanoseconds.
    private static let look: UInt64 = 100_000_000

    private struct State: Sendable {
        var heard = Monotonic.now
        var ending: Ending?
        /// Breaks off the wait for answers that is under way.
        var breakOff: (@Sendable () -> Void)?
        /// Answers in flight are not to be waited for.
        var isHurried = false
    }

    private let channel: any FrameChannel
    private let make: MakePartialLoadSource
    private let hello: AgentHello
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - build: of this program.
    ///   - make: makes the source that generates the load.
    ///   - log: takes what a person may want to know, line by line.
    package init(
        channel: any FrameChannel, build: String, make: @escaping MakePartialLoadSource,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.channel = channel
        self.make = make
        self.log = log
        hello = AgentHello(build: build, version: storelabVersion, machine: .current())
    }

    /// Serves until the channel ends, or nothing is heard. No load goes on after it.
    package func serve() async -> Ending {
        let (commands, queue) = AsyncStream.makeStream(of: ToAgent.self)
        channel.listen { [self] event in hear(event, queue) }
        say(.hello(hello))
        let work = Task { await self.work(on: commands) }
        let watch = Task {
            while !Task.isCancelled {
                await Monotonic.sleep(until: Monotonic.now + Self.look)
                if state.withLock({ Monotonic.now > $0.heard + Self.patience }) { end(.unheard, queue) }
                if state.withLock({ $0.ending != nil }) {
                    // What it does now is broken off: it sends nothing more, and answers are waited for shortly.
                    work.cancel()
                    return
                }
            }
        }
        await work.value
        watch.cancel()
        channel.close()
        return state.withLock { $0.ending ?? .closed }
    }

    private func say(_ message: FromAgent) {
        guard let bytes = try? AgentCoding.bytes(of: message) else { return channel.close() }
        channel.send(bytes)
    }

    private func end(_ ending: Ending, _ queue: AsyncStream<ToAgent>.Continuation) {
        let isFirst = state.withLock { state in
            defer { state.ending = state.ending ?? ending }
            return state.ending == nil
        }
        if isFirst { log("the load ends: \(ending)") }
        queue.finish()
    }

    private func hear(_ event: FrameEvent, _ queue: AsyncStream<ToAgent>.Continuation) {
        switch event {
        case .ended(let fault): end(fault == nil ? .closed : .garbled, queue)
        case .frame(let bytes, let time):
            state.withLock { $0.heard = time }
            guard let message = try? AgentCoding.read(ToAgent.self, bytes) else { return end(.garbled, queue) }
            // Answered here, so that its way is not longer for what is done meanwhile.
            switch message {
            case .ping(let number): say(.pong(number, at: Monotonic.now))
            case .hurry:
                state.withLock { state in
                    state.isHurried = true
                    state.breakOff?()
                }
            default: queue.yield(message)
            }
        }
    }

    // MARK: Work

    private func work(on commands: AsyncStream<ToAgent>) async {
        var files = IncomingFiles()
        defer { files.remove() }
        var target: AgentTarget?
        var source: (any PartialLoadSource)?
        var reporter: Task<Void, Never>?
        for await command in commands {
            switch command {
            case .ping, .hurry: break
            case .file(let number, let bytes):
                do { try files.add(bytes, to: number) } catch { say(.refused(AgentRefusal(error))) }
            case .plan(let plan):
                do {
                    _ = await source?.stop()
                    source = nil
                    if let target, target != plan.target {
                        throw Problem(.usage, "An agent loads one target in its life, and another was asked for.")
                    }
                    target = plan.target
                    source = try make(
                        try files.endpoint(plan.target), try files.load(plan), plan.part, plan.threads, plan.sessions)
                    say(.ready)
                } catch {
                    say(.refused(AgentRefusal(error)))
                }
                files.remove()
            case .preflight: say(.preflight(await hurried { [source] in await source?.preflight() } ?? []))
            case .prepare:
                await source?.prepare()
                say(.ready)
            case .start(let origin):
                guard let source else { break }
                await Monotonic.sleep(until: origin)
                guard !Task.isCancelled else { break }
                let samples = source.start(at: origin)
                reporter = Task { await report(samples, of: source) }
            case .setUsers(let users, let rate, let thinkingFirst, let time):
                await Monotonic.sleep(until: time)
                guard !Task.isCancelled else { break }
                source?.setUsers(users, ratePerSecond: rate ?? .infinity, thinkingFirst: thinkingFirst, at: time)
            case .setRate(let rate, let seconds, let time):
                await Monotonic.sleep(until: time)
                guard !Task.isCancelled else { break }
                source?.setRate(rate, over: seconds, at: time)
            case .isQuiet: say(.quiet(await source?.isQuiet() ?? true))
            case .stop:
                let report = await hurried { [source] in await source?.stop() }
                await reporter?.value
                (source, reporter) = (nil, nil)
                say(.report(report ?? Self.nothing))
            }
        }
        await abandon(source)
    }

    /// Waits for answers; when there is no time for that any more, as in a task that is cancelled.
    private func hurried<Value: Sendable>(_ wait: @escaping @Sendable () async -> Value) async -> Value {
        let task = Task { await wait() }
        state.withLock { state in
            state.breakOff = { task.cancel() }
            if state.isHurried { task.cancel() }
        }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private static let nothing = GeneratorReport(
        threads: 0, cpuSeconds: 0, seconds: 0, peakThreadCPU: 0, lag: Distribution())

    /// Ends the load, and waits for answers in flight no longer than a source does whose task is cancelled.
    private func abandon(_ source: (any PartialLoadSource)?) async {
        guard let source else { return }
        let stopping = Task { await source.stop() }
        stopping.cancel()
        _ = await stopping.value
    }

    /// Sends seconds as they end.
    private func report(_ samples: AsyncStream<SecondSample>, of source: any PartialLoadSource) async {
        var failures = 0
        var signs: Set<SignKind> = []
        for await sample in samples {
            let (examples, found) = (source.failureExamples, source.signExamples)
            let new = found.filter { !signs.contains($0.key) }
            say(.second(AgentPart(sample: sample, failures: Array(examples.dropFirst(failures)), signs: new)))
            failures = examples.count
            signs.formUnion(new.keys)
        }
    }
}
