import CLinux
import Glibc
package import Model
import Synchronization

/// How fast the machine's processors are, measured by a fixed calculation on each in turn, on a thread of its own.
///
/// Slowness and waiting are told apart: CPU time of the calculation is what it took while it ran (the clock rate, a
/// neighbour on the same physical core, a host that gives less without saying so), and wall time beyond that is the time for
/// which the thread was ready to run and others ran. The thread asks for no priority.
package final class SpeedMeter: Sendable {
    package struct Reading: Sendable, Equatable {
        /// CPU seconds of one calculation; the mean of the processors.
        package var calculation: Seconds
        /// Seconds beyond that until it was done.
        package var wait: Seconds
    }

    /// Between the beginnings of two calculations.
    private static let interval: Seconds = 0.125
    /// The thread rests so many times as long as it calculated; so it uses less than a hundredth of a core, also where a
    /// calculation takes longer than a millisecond.
    private static let rest = 120.0
    private static let mostProcessors = 1024

    private let isStopped = Atomic(false)
    private let state = Mutex(SpeedReadings())

    package init() {}

    /// Measures until `stop`. Where the system has no thread left, nothing is measured.
    package func start() {
        _ = SystemThread.detach { [self] in measure() }
    }

    package func stop() { isStopped.store(true, ordering: .relaxed) }

    /// What was measured since it was last asked: of each processor the mean, or the reading before where it had no turn; then
    /// the mean of those. nil where nothing was measured yet.
    package func take() -> Reading? { state.withLock { $0.take() } }

    private func measure() {
        var found = [CInt](repeating: 0, count: Self.mostProcessors)
        let count = processors_of_this_thread(&found, CInt(found.count))
        let processors = found.prefix(Int(count))
        var result: UInt64 = 1
        var turn = 0
        while !isStopped.load(ordering: .relaxed), !processors.isEmpty {
            let processor = processors[turn % processors.count]
            turn += 1
            let began = (wall: Self.read(CLOCK_MONOTONIC), cpu: Self.read(CLOCK_THREAD_CPUTIME_ID))
            // Whoever is moved to a busy processor waits there before the call returns.
            let isMoved = processors.count == 1 || keep_this_thread_on(processor) == 0
            let calculated = Self.read(CLOCK_THREAD_CPUTIME_ID)
            result = FixedCalculation.run(from: result)
            let ended = (wall: Self.read(CLOCK_MONOTONIC), cpu: Self.read(CLOCK_THREAD_CPUTIME_ID))
            let reading = Reading(
                calculation: ended.cpu - calculated,
                wait: max(0, ended.wall - began.wall - (ended.cpu - began.cpu)))
            if isMoved { state.withLock { $0.note(reading, of: Int(processor), result: result) } }
            Self.sleep(max(Self.interval - (ended.wall - began.wall), Self.rest * (ended.cpu - began.cpu)))
        }
    }

    private static func read(_ clock: clockid_t) -> Seconds {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func sleep(_ seconds: Seconds) {
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
        clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nil)
    }
}

/// The readings of each processor since they were last taken.
struct SpeedReadings: Sendable {
    private struct Processor {
        var count = 0.0
        var sum = SpeedMeter.Reading(calculation: 0, wait: 0)
        var mean: SpeedMeter.Reading?
    }

    private var processors: [Int: Processor] = [:]
    /// Of the newest calculation.
    private(set) var result: UInt64 = 0

    mutating func note(_ reading: SpeedMeter.Reading, of processor: Int, result: UInt64) {
        self.result = result
        processors[processor, default: Processor()].count += 1
        processors[processor]?.sum.calculation += reading.calculation
        processors[processor]?.sum.wait += reading.wait
    }

    mutating func take() -> SpeedMeter.Reading? {
        for (number, processor) in processors where processor.count > 0 {
            let mean = SpeedMeter.Reading(
                calculation: processor.sum.calculation / processor.count, wait: processor.sum.wait / processor.count)
            processors[number] = Processor(mean: mean)
        }
        let means = processors.values.compactMap(\.mean)
        guard !means.isEmpty else { return nil }
        let count = Double(means.count)
        return SpeedMeter.Reading(
            calculation: means.reduce(0) { $0 + $1.calculation } / count,
            wait: means.reduce(0) { $0 + $1.wait } / count)
    }
}
