import Foundation
package import Model
import Synchronization

/// The one stream of what happens in a run. Readers either take each event at once, or follow at their own pace: who does
/// not keep up is dropped, so that no reader holds up the run.
package final class Timeline: Sendable {
    /// Events that wait for a follower at most.
    package static let mostWaiting = 512

    fileprivate struct State {
        var history = RunHistory()
        var followers: [Int: AsyncStream<RunEvent>.Continuation] = [:]
        var next = 0
    }

    /// Taken for the whole of `tell`, so that all readers see the same order.
    private let order = Mutex<(@Sendable (RunEvent) throws -> Void)?>(nil)
    private let readers: [@Sendable (RunEvent) -> Void]
    private let state = Mutex(State())

    /// - Parameter readers: take each event before the run goes on.
    package init(readers: [@Sendable (RunEvent) -> Void] = []) { self.readers = readers }

    /// Lets every later event be kept before any reader sees it.
    /// - Parameter write: when it throws, so does `tell`.
    package func keep(_ write: @escaping @Sendable (RunEvent) throws -> Void) { order.withLock { $0 = write } }

    /// - Throws: what cannot be kept; then no reader sees it.
    package func tell(_ happening: RunHappening, of measurement: MeasurementName? = nil) throws {
        try order.withLock { keep in
            let event = RunEvent(
                number: history.number + 1, time: Date().timeIntervalSince1970, measurement: measurement,
                happening: happening)
            try keep?(event)
            state.withLock { $0.take(event) }
            for reader in readers { reader(event) }
        }
    }

    /// What has happened so far, in a form that stays small however long the run lasts.
    package var history: RunHistory { state.withLock { $0.history } }

    /// - Returns: what has happened so far, and the events from then on. They end with the run, or earlier for a reader who lets
    ///   `mostWaiting` of them wait.
    package func follow() -> (history: RunHistory, events: AsyncStream<RunEvent>) {
        let (events, follower) = AsyncStream.makeStream(
            of: RunEvent.self, bufferingPolicy: .bufferingOldest(Self.mostWaiting))
        let history = state.withLock { state -> RunHistory in
            guard state.history.closing == nil else {
                follower.finish()
                return state.history
            }
            let number = state.next
            state.next += 1
            state.followers[number] = follower
            follower.onTermination = { [weak self] _ in
                // Not from within the lock, under which a follower is dropped.
                Task { self?.state.withLock { _ = $0.followers.removeValue(forKey: number) } }
            }
            return state.history
        }
        return (history, events)
    }

    /// Who follows now.
    package var followerCount: Int { state.withLock { $0.followers.count } }
}

extension Timeline.State {
    fileprivate mutating func take(_ event: RunEvent) {
        history.take(event)
        for (number, follower) in followers {
            if case .dropped = follower.yield(event) { drop(number) }
        }
        if history.closing != nil { for number in Array(followers.keys) { drop(number) } }
    }

    private mutating func drop(_ number: Int) { followers.removeValue(forKey: number)?.finish() }
}
