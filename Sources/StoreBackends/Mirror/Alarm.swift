import NIOConcurrencyHelpers
import NIOCore
import Synchronization

/// Ends a thread's pause.
final class Alarm: Sendable {
    private let isRinging = ConditionLock(value: false)
    private let isStopped = Atomic(false)

    func ring() {
        isRinging.lock()
        isRinging.unlock(withValue: true)
    }

    /// For good.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        ring()
    }

    /// Waits until it rings, or for as long as is said.
    /// - Returns: false when there is to be no other round.
    func pause(_ longest: TimeAmount) -> Bool {
        if isRinging.lock(whenValue: true, timeoutSeconds: Double(longest.nanoseconds) / 1e9) {
            isRinging.unlock(withValue: false)
        }
        return !isStopped.load(ordering: .acquiring)
    }
}
