import NIOCore
import NIOPosix
import StoreServer
import Synchronization

/// What a replica knows of the mirror: whether reports may be read from it, and whether changes may be sent to it.
///
/// Reports are read only while nothing that this replica knows of is missing in the mirror. Who asks while it is behind
/// waits for the keeper's next round, but not for a Redis that is not there.
final class MirrorState: Sendable {
    private struct Waiter {
        /// Rounds that had begun when it came: only a later one can answer for what it wants to see.
        var since: Int
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct Knowledge {
        var generation: String?
        var isWhole = false
        var isReachable = true
        /// How many changes were left to the keeper so far.
        var changesLeft = 0
        var rounds = 0
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        var isClosed = false
    }

    private static let longestWait = TimeAmount.seconds(1)

    let alarm = Alarm()
    private let metrics: MirrorMetrics
    private let timer: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
    private let knowledge = Mutex(Knowledge())

    init(metrics: MirrorMetrics) {
        self.metrics = metrics
    }

    /// The filling to which changes may be sent.
    var generation: String? { knowledge.withLock { $0.generation } }

    var isKnownWhole: Bool { knowledge.withLock { $0.isWhole } }

    func fallBehind() {
        let wakes = knowledge.withLock { knowledge in
            knowledge.changesLeft += 1
            knowledge.isWhole = false
            return knowledge.isReachable
        }
        metrics.whole.set(0)
        // Where Redis is away, the keeper looks for it at its own pace.
        if wakes { alarm.ring() }
    }

    /// Redis cannot be reached: nobody tries until the keeper has found it again.
    func loseRedis() {
        metrics.whole.set(0)
        let refused = knowledge.withLock { knowledge in
            knowledge.isReachable = false
            knowledge.isWhole = false
            knowledge.generation = nil
            defer { knowledge.waiters = [:] }
            return knowledge.waiters.values
        }
        for waiter in refused { waiter.continuation.resume(returning: false) }
        alarm.ring()
    }

    /// - Returns: whether the mirror lacks nothing that this replica knows of, after a short wait where that may help.
    func isWhole() async -> Bool {
        if knowledge.withLock({ $0.isWhole }) { return true }
        return await withCheckedContinuation { continuation in
            let (answer, number) = knowledge.withLock { knowledge -> (Bool?, Int) in
                if knowledge.isWhole { return (true, 0) }
                guard knowledge.isReachable, !knowledge.isClosed else { return (false, 0) }
                knowledge.nextWaiter += 1
                knowledge.waiters[knowledge.nextWaiter] = Waiter(since: knowledge.rounds, continuation: continuation)
                return (nil, knowledge.nextWaiter)
            }
            if let answer { return continuation.resume(returning: answer) }
            alarm.ring()
            timer.scheduleTask(in: Self.longestWait) {
                let waiter = self.knowledge.withLock { $0.waiters.removeValue(forKey: number) }
                waiter?.continuation.resume(returning: false)
            }
        }
    }

    func close() {
        let refused = knowledge.withLock { knowledge in
            knowledge.isClosed = true
            knowledge.generation = nil
            defer { knowledge.waiters = [:] }
            return knowledge.waiters.values
        }
        for waiter in refused { waiter.continuation.resume(returning: false) }
        alarm.stop()
    }
}

/// The keeper's side.
extension MirrorState {
    func beginRound() { knowledge.withLock { $0.rounds += 1 } }

    /// There is a mirror of this generation: changes may be sent to it from now on.
    /// - Returns: what was left to the keeper until now, and whether the mirror was known to lack nothing.
    func open(_ generation: String) -> (changesLeft: Int, isWhole: Bool) {
        knowledge.withLock { knowledge in
            if knowledge.generation != generation { knowledge.isWhole = false }
            knowledge.isReachable = true
            if !knowledge.isClosed { knowledge.generation = generation }
            return (knowledge.changesLeft, knowledge.isWhole)
        }
    }

    /// There is no mirror, and it has to be filled.
    func shut() {
        knowledge.withLock { knowledge in
            knowledge.isReachable = true
            knowledge.isWhole = false
            knowledge.generation = nil
        }
        metrics.whole.set(0)
    }

    /// The first `changesLeft` changes that were left to the keeper are in the mirror.
    func caughtUp(with changesLeft: Int) {
        let isWhole = knowledge.withLock { knowledge in
            knowledge.isWhole = knowledge.changesLeft == changesLeft && knowledge.generation != nil
            return knowledge.isWhole
        }
        if isWhole { metrics.whole.set(1) }
    }

    /// Answers all that wait where the mirror is whole, else those that came before the round.
    func endRound() {
        let (answered, isWhole) = knowledge.withLock { knowledge in
            let due = knowledge.waiters.filter { knowledge.isWhole || $0.value.since < knowledge.rounds }
            for number in due.keys { knowledge.waiters[number] = nil }
            return (due.values, knowledge.isWhole)
        }
        for waiter in answered { waiter.continuation.resume(returning: isWhole) }
    }
}
