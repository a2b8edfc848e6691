import NIOCore
import Synchronization

/// Keeps an event loop polling around the times at which an answer is due. A thread that sleeps takes a while to run
/// again, on a virtual machine some tenth of a millisecond, and would answer or read that much too late.
final class BusyPolling: Sendable {
    /// Nanoseconds before an answer is due, and after it, when the client's next request may come.
    static let margin: UInt64 = 300_000

    private let loop: any EventLoop
    private let end = Atomic<UInt64>(0)
    private let isAwake = Atomic<Bool>(false)

    init(_ loop: any EventLoop) { self.loop = loop }

    /// The loop turns without a rest around this time, in nanoseconds of the monotonic clock. To be called on the loop.
    func cover(_ due: UInt64) {
        loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(due - min(due, Self.margin))) {
            if due + Self.margin > self.end.load(ordering: .relaxed) {
                self.end.store(due + Self.margin, ordering: .relaxed)
            }
            guard !self.isAwake.exchange(true, ordering: .relaxed) else { return }
            self.turn()
        }
    }

    private func turn() {
        let now = NIODeadline.now()
        guard now.uptimeNanoseconds < end.load(ordering: .relaxed) else {
            return isAwake.store(false, ordering: .relaxed)
        }
        // Tasks that are due keep a loop from reading; one that soon will be only keeps it from sleeping.
        loop.assumeIsolated().scheduleTask(deadline: now + .microseconds(10)) { self.turn() }
    }
}
