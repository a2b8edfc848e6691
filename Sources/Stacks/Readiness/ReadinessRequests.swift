import Model
import Synchronization

/// Asks whether an application is ready, and counts how often: the application counts these requests too, like any others.
package final class ReadinessRequests: Sendable {
    private let taken = Mutex(0)

    package init() {}

    /// Requests that the application took, answered or not.
    package var count: Int { taken.withLock { $0 } }

    package func succeeds(_ probe: Probe, host: String = "127.0.0.1", port: Int) async -> Bool {
        let outcome = await probe.outcome(host: host, port: port)
        if outcome != .refused { taken.withLock { $0 += 1 } }
        return outcome == .succeeded
    }
}
