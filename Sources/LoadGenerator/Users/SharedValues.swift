import Synchronization

/// What the try before a load has found out for its users.
final class SharedValues: Sendable {
    private struct State: Sendable {
        var values: [(variable: Int, value: [UInt8])] = []
        var first: Session?
    }

    private let state = Mutex(State())

    /// Taken once for all users.
    var values: [(variable: Int, value: [UInt8])] { state.withLock { $0.values } }

    func share(_ value: [UInt8], as variable: Int) {
        state.withLock { state in
            state.values.removeAll { $0.variable == variable }
            state.values.append((variable, value))
        }
    }

    /// The one who has tried the tasks becomes the first user, so that nobody begins twice.
    func handOver(_ session: Session) { state.withLock { $0.first = session } }

    /// - Returns: the session that was handed over, once.
    func takeFirst() -> Session? {
        state.withLock { state in
            defer { state.first = nil }
            return state.first
        }
    }
}
