import Model

/// Waits until an application that was overloaded answers again: what it still works on after its users have gone belongs
/// to the step before.
struct Recovery: Sendable {
    /// After this time without one right answer the application counts as dead; after as much again in which it does not
    /// answer as it did before the load, the next step begins nevertheless.
    private static let patience = Duration.seconds(30)
    private static let pause = Duration.milliseconds(200)
    /// Single requests that are answered as before, one after the other.
    private static let roundsInARow = 2
    /// A latency is as it was up to this multiple of it, or when it is later by no more than `leastLateness`.
    private static let factor = 2.0
    private static let leastLateness: Seconds = 0.02

    private let source: any LoadSource
    private let clock: any Clock<Duration>
    /// Single requests that were sent until now, by task.
    private(set) var tried: [String: Int] = [:]

    init(source: any LoadSource, clock: any Clock<Duration>) {
        self.source = source
        self.clock = clock
    }

    private mutating func tryAll() async -> [PreflightResult] {
        let results = await source.preflight()
        for result in results { tried[result.task, default: 0] += 1 }
        return results
    }

    /// Tries every task until each is answered as expected, for at most as long as it is patient.
    /// - Returns: whether any task was answered as expected.
    mutating func wait() async -> Bool {
        let waited = clock.stopwatch()
        var anyAnswered = false
        while true {
            let results = await tryAll()
            // Without results nobody has looked: the source has stopped.
            guard !results.isEmpty else { return true }
            let answered = results.filter { $0.failure == nil }
            anyAnswered = anyAnswered || !answered.isEmpty
            if answered.count == results.count { return true }
            guard waited() < Self.patience, (try? await clock.sleep(for: Self.pause)) != nil else {
                return anyAnswered || Task.isCancelled
            }
        }
    }

    /// Tries every task until each is answered as in the pre-flight check, in its status and about as fast.
    /// - Returns: how the last try differed, when it has not become so in time.
    mutating func wait(untilAs before: [PreflightResult]) async -> Unrecovered? {
        let latencies = Dictionary(grouping: before, by: \.task).compactMapValues { $0.map(\.latency).max() }
        let waited = clock.stopwatch()
        var rounds = 0
        while !latencies.isEmpty {
            let results = await tryAll()
            guard !results.isEmpty else { return nil }
            let differing = results.first { !Self.isAsBefore($0, latencies) }
            rounds = differing == nil ? rounds + 1 : 0
            if rounds == Self.roundsInARow { return nil }
            guard let differing else { continue }
            guard waited() < Self.patience, (try? await clock.sleep(for: Self.pause)) != nil else {
                guard !Task.isCancelled else { return nil }
                return Unrecovered(
                    waited: waited().seconds, task: differing.task, failure: differing.failure?.kind,
                    latency: differing.latency, latencyBefore: latencies[differing.task] ?? 0)
            }
        }
        return nil
    }

    private static func isAsBefore(_ result: PreflightResult, _ latencies: [String: Seconds]) -> Bool {
        guard result.failure == nil, let before = latencies[result.task] else { return false }
        return result.latency <= max(before * factor, before + leastLateness)
    }
}
