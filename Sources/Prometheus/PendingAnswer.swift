import Synchronization

/// What one waits for and others end: the first of them.
final class PendingAnswer: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<HTTPExchange.Answer, any Error>)
        case ended(Result<HTTPExchange.Answer, any Error>)
    }

    private let state = Mutex(State.open)

    /// To be awaited once.
    var value: HTTPExchange.Answer {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let early = state.withLock { state -> Result<HTTPExchange.Answer, any Error>? in
                    if case .ended(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let early { continuation.resume(with: early) }
            }
        }
    }

    func end(_ result: Result<HTTPExchange.Answer, any Error>) {
        let waiting = state.withLock { state -> CheckedContinuation<HTTPExchange.Answer, any Error>? in
            let before = state
            if case .ended = before { return nil }
            state = .ended(result)
            if case .awaited(let continuation) = before { return continuation }
            return nil
        }
        waiting?.resume(with: result)
    }
}
