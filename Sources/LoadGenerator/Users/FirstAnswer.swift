import Synchronization

/// One task waits for the first of several answers; later ones have no effect.
final class FirstAnswer<Answer: Sendable>: Sendable {
    private enum State: Sendable {
        case nothingYet
        case awaited(CheckedContinuation<Answer, Never>)
        case given(Answer)
        case over
    }

    private let state = Mutex(State.nothingYet)

    /// - Returns: false where the answer was there already, and the task goes on with it.
    func isAwaited(by continuation: CheckedContinuation<Answer, Never>) -> Bool {
        let early = state.withLock { state -> Answer? in
            if case .given(let answer) = state {
                state = .over
                return answer
            }
            state = .awaited(continuation)
            return nil
        }
        if let early { continuation.resume(returning: early) }
        return early == nil
    }

    func give(_ answer: Answer) {
        let waiting = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            switch state {
            case .nothingYet:
                state = .given(answer)
                return nil
            case .awaited(let continuation):
                state = .over
                return continuation
            case .given, .over: return nil
            }
        }
        waiting?.resume(returning: answer)
    }
}
