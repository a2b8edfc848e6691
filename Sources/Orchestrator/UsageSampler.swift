import Model
import Stacks
import Synchronization
import Threads

/// Reads CPU and memory of the stack, of this program and of the machine once a second, what the stack's parts say of
/// themselves, and how fast the machine is meanwhile.
final class UsageSampler: Sendable {
    private let stack: any RunningStack
    private let samples = Mutex<[UsageSample]>([])
    private let sampler = Mutex(SignalSampler())
    private let board = SignalBoard()
    private let speed = SpeedMeter()

    private let tell: @Sendable (RunHappening) throws -> Void

    init(stack: any RunningStack, tell: @escaping @Sendable (RunHappening) throws -> Void) {
        self.stack = stack
        self.tell = tell
    }

    var taken: [UsageSample] { samples.withLock { $0 } }

    /// Prometheus and programs that are none of ours have nothing to say but CPU and memory.
    var signals: SignalRecord? {
        sampler.withLock { $0.record(expected: stack.watchedComponents) }
    }

    /// Goes on until the task is cancelled.
    func run() async {
        speed.start()
        defer { speed.stop() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.stack.watch(self.board) }
            if let folder = stack.dataFolder {
                group.addTask { await DiskFlush.watch(in: folder, board: self.board) }
            }
            group.addTask { await self.sample() }
        }
    }

    private func sample() async {
        let clock = ContinuousClock()
        let began = clock.now
        var before = Reading(stack, at: began)
        for second in 1... {
            guard (try? await clock.sleep(until: began + .seconds(second))) != nil else { return }
            let now = Reading(stack, at: clock.now)
            let sample = UsageSample(
                time: (now.time - began).seconds, cores: now.cores(since: before), memory: now.usage.mapValues(\.memory)
            )
            samples.withLock { $0.append(sample) }
            // What cannot be told ends the load, which meets the same trouble.
            try? tell(.usage(sample))
            if let runnable = MachineUsage.runnablePerCore() {
                board.post(.runnable, of: "machine", .value(runnable), at: now.time)
            }
            if let reading = speed.take() {
                board.post(.calculation, of: "machine", .value(reading.calculation), at: now.time)
                board.post(.calculationWait, of: "machine", .value(reading.wait), at: now.time)
            }
            MachineUsage.post(to: board, at: now.time)
            sampler.withLock { $0.take(board.now, at: sample.time, now: now.time) }
            before = now
        }
    }

    private struct Reading {
        var time: ContinuousClock.Instant
        var usage: [String: ComponentUsage]
        var machine: Double?

        init(_ stack: any RunningStack, at time: ContinuousClock.Instant) {
            self.time = time
            usage = stack.usage()
            usage["generator"] = MachineUsage.ownProcess()
            machine = MachineUsage.busySeconds()
        }

        /// Cores used by each component that lived at both times.
        func cores(since earlier: Reading) -> [String: Double] {
            let elapsed = max(0.001, (time - earlier.time).seconds)
            var cores: [String: Double] = [:]
            for (name, now) in usage {
                guard let before = earlier.usage[name] else { continue }
                cores[name] = max(0, now.cpuSeconds - before.cpuSeconds) / elapsed
            }
            if let machine, let before = earlier.machine { cores["machine"] = max(0, machine - before) / elapsed }
            return cores
        }
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Seconds { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
