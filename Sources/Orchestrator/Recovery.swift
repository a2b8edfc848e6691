import Model

/// Waits until an application that was overloaded answers again: what it still works on after its users have gone belongs
/// to the step before.
struct Recovery: Sendable {
    /// After this time without one right answer the application counts as dead.
    private static let patience = Duration.seconds(10)
    private static let pause = Duration.milliseconds(200)

    let source: any LoadSource
    let clock: any Clock<Duration>

    /// Tries every task until each is answered as expected, for at most as long as it is patient.
    /// - Returns: whether any task was answered as expected.
    func wait() async -> Bool {
        let waited = clock.stopwatch()
        var anyAnswered = false
        while true {
            let results = await source.preflight()
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
}
