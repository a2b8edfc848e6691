package import Model
import Synchronization

/// The newest reading of each signal, written by whoever watches a part and read once a second.
package final class SignalBoard: Sendable {
    package struct Key: Hashable, Sendable {
        package var component: String
        package var kind: SignalKind
    }

    package enum Reading: Sendable, Equatable {
        /// A value of this moment.
        case value(Double)
        /// A number that only rises; its change per second is the signal.
        case counter(Double)
    }

    package struct Entry: Sendable, Equatable {
        package var reading: Reading
        package var time: ContinuousClock.Instant
    }

    package struct State: Sendable, Equatable {
        package var entries: [Key: Entry] = [:]
        package var limits: [Key: Double] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package var now: State { state.withLock { $0 } }

    package func post(
        _ kind: SignalKind, of component: String, _ reading: Reading, at time: ContinuousClock.Instant = .now
    ) {
        state.withLock { $0.entries[Key(component: component, kind: kind)] = Entry(reading: reading, time: time) }
    }

    /// What the signal cannot pass.
    package func setLimit(_ limit: Double, _ kind: SignalKind, of component: String) {
        state.withLock { $0.limits[Key(component: component, kind: kind)] = limit }
    }
}
