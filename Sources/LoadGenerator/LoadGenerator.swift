package import Model
import NIOCore
import NIOPosix
import Synchronization

/// A closed-loop load generator: each virtual user has its own connection, sends a task's request, checks the answer,
/// thinks and begins anew, all on event loops of its own. Call `stop()` at the end, also when no load was started.
package final class LoadGenerator: Sendable {
    private struct State: Sendable {
        var stage = Stage.idle
        var origin: UInt64 = 0
        var wallOrigin: UnixTime = 0
        var ramp = Ramp(from: 0, goal: 0, ratePerSecond: 0, began: 0)
        var waiting: [CheckedContinuation<GeneratorReport, Never>] = []
    }

    private enum Stage: Sendable {
        case idle, running, stopping
        case stopped(GeneratorReport)
    }

    private let plan: LoadPlan
    private let address: SocketAddress
    private let group: MultiThreadedEventLoopGroup
    private let loops: [NIOLoopBoundBox<UserLoop>]
    private let eventLoops: [any EventLoop]
    private let failures = FailureLog()
    private let outlet: SampleOutlet
    private let state = Mutex(State())

    /// Asks for the target's address, which may block for a name, and raises the process's limit of open files.
    /// - Throws: a `Problem` when the target has no address or the load cannot be sent.
    package init(target: LoadTarget, load: LoadDefinition, options: LoadOptions = .init()) throws {
        let plan = try LoadPlan(load, host: target.authority)
        let address = try target.resolved()
        self.plan = plan
        self.address = address
        SystemLimits.raiseOpenFiles()
        let threads = max(1, options.threads)
        let outlet = SampleOutlet(loops: threads)
        let failures = failures
        self.outlet = outlet
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        eventLoops = Array(group.makeIterator())
        loops = eventLoops.enumerated().map { index, eventLoop in
            .makeBoxSendingValue(
                UserLoop(
                    plan: plan, address: address, eventLoop: eventLoop, index: index, stride: threads,
                    failures: failures, emit: { outlet.add($0) }),
                eventLoop: eventLoop)
        }
    }

    /// Each task once, in order, one after the other, with every one of its bodies: a task with several bodies has
    /// several results. Never throws: failures are in the results.
    package func preflight() async -> [PreflightResult] {
        guard let eventLoop = eventLoops.first else { return [] }
        let address = address
        let (seed, timeout) = (plan.seed, plan.timeout)
        var results: [PreflightResult] = []
        for task in plan.tasks {
            for body in 0..<max(1, task.bodyCount) {
                guard !isStopping else { return results }
                let result = eventLoop.flatSubmit {
                    Probe(task: task, body: body, seed: seed, timeout: timeout, eventLoop: eventLoop).run(to: address)
                }
                // The future fails only when the loops are gone, that is after `stop()`.
                guard let result = try? await result.get() else { return results }
                results.append(result)
            }
        }
        return results
    }

    /// Begins second 0. One sample per second, also when nothing happened; the last covers the part of a second before
    /// the end. The stream finishes after `stop()`; only the first call gets samples.
    package func start() -> AsyncStream<SecondSample> {
        let origin = NIODeadline.now().uptimeNanoseconds
        let wall = Clocks.wall
        let first = state.withLock { state in
            guard case .idle = state.stage else { return false }
            state.stage = .running
            state.origin = origin
            state.wallOrigin = wall
            return true
        }
        guard first else { return AsyncStream { $0.finish() } }
        let samples = outlet.open()
        forEachLoop { $0.start(origin: origin) }
        return samples
    }

    /// Wall clock at the beginning of second 0; 0 before `start()`.
    package var loadBegan: UnixTime { state.withLock { $0.wallOrigin } }

    /// Moves the number of users towards `users`, one by one at due times, the first at once. Users that leave finish
    /// their request first. Without effect before `start()` and after `stop()`.
    /// - Parameter ratePerSecond: users per second; infinite makes all changes at once.
    package func setUsers(_ users: Int, ratePerSecond: Double) {
        state.withLock { state in
            guard case .running = state.stage else { return }
            let now = NIODeadline.now().uptimeNanoseconds
            let ramp = Ramp(from: state.ramp.users(at: now), goal: users, ratePerSecond: ratePerSecond, began: now)
            state.ramp = ramp
            // Ordered under the lock, so that every loop sees the same ramps in the same order.
            forEachLoop { $0.follow(ramp) }
        }
    }

    /// Sends nothing new, waits for answers in flight, at most the load's timeout, and closes all connections. A second
    /// call gets the same report.
    package func stop() async -> GeneratorReport {
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
        if !isStopping { group.shutdownGracefully { _ in } }
    }

    // MARK: The end

    private func drain(started: Bool) {
        guard started, let first = eventLoops.first else { return shutDown(reports: [], end: 0) }
        let drained = zip(eventLoops, loops).map { eventLoop, loop in
            let promise = eventLoop.makePromise(of: Void.self)
            eventLoop.execute { loop.value.drain { promise.succeed() } }
            return promise.futureResult
        }
        EventLoopFuture.andAllComplete(drained, on: first).whenComplete { _ in self.collect(on: first) }
    }

    private func collect(on first: any EventLoop) {
        let end = NIODeadline.now().uptimeNanoseconds
        let reports = zip(eventLoops, loops).map { eventLoop, loop in
            eventLoop.submit { loop.value.finish(at: end) }
        }
        EventLoopFuture.whenAllSucceed(reports, on: first).whenComplete { result in
            self.shutDown(reports: (try? result.get()) ?? [], end: end)
        }
    }

    private func shutDown(reports: [LoopReport], end: UInt64) {
        let origin = state.withLock { $0.origin }
        let report = GeneratorReport(
            threads: loops.count, cpuSeconds: reports.reduce(0) { $0 + $1.cpuSeconds },
            seconds: end > origin ? Double(end - origin) / 1e9 : 0,
            peakThreadCPU: reports.reduce(0) { max($0, $1.peakCPU) }, lag: .merged(reports.map(\.lag)))
        group.shutdownGracefully { _ in
            self.outlet.finish()
            let waiting = self.state.withLock { state in
                state.stage = .stopped(report)
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume(returning: report) }
        }
    }

    private func forEachLoop(_ body: @escaping @Sendable (UserLoop) -> Void) {
        for (eventLoop, loop) in zip(eventLoops, loops) {
            eventLoop.execute { body(loop.value) }
        }
    }
}
