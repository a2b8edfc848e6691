import Model
import Stacks
import Synchronization

/// Makes faults in nothing, and notes what it was asked for.
final class FakeInjector: FaultInjector {
    enum Call: Equatable {
        case begin(String, on: String)
        case end(String, on: String)
    }

    private let made = Mutex<[Call]>([])
    private let failing: @Sendable (Call) -> Problem?
    private let held: Int?
    private let happens: @Sendable (Call) -> Void

    var calls: [Call] { made.withLock { $0 } }

    /// - Parameters:
    ///   - failing: what a call throws.
    ///   - held: connections that a hold has.
    ///   - happens: called with each call that does not fail.
    init(
        held: Int? = nil, failing: @escaping @Sendable (Call) -> Problem? = { _ in nil },
        happens: @escaping @Sendable (Call) -> Void = { _ in }
    ) {
        self.held = held
        self.failing = failing
        self.happens = happens
    }

    func prepare(_ action: FaultAction, on part: String) async throws {}

    func begin(_ action: FaultAction, on part: String) async throws -> Int? {
        try note(.begin(action.key, on: part))
        try Task.checkCancellation()
        return held
    }

    func end(_ action: FaultAction, on part: String) async throws { try note(.end(action.key, on: part)) }

    func endAll() async {}

    private func note(_ call: Call) throws {
        made.withLock { $0.append(call) }
        if let problem = failing(call) { throw problem }
        happens(call)
    }
}
