import Model
import Synchronization
import Threads

/// Looks names up on a thread of its own, so that connections that are open do not wait for a name service. Who asks while
/// the same name is being asked for shares the answer.
final class NameResolver: Sendable {
    typealias Answer = @Sendable ([ProxyAddress]) -> Void

    private struct Question: Sendable {
        var place: HostAndPort
        var askers: [Answer]
    }

    private struct State: Sendable {
        var questions: [Question] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let bell = Semaphore()

    /// - Throws: a `Problem` when the system has no thread left.
    init() throws {
        guard SystemThread.detach({ [self] in run() }) else { throw SystemThread.noneLeft }
    }

    func find(_ place: HostAndPort, _ answer: @escaping Answer) {
        let isNew = state.withLock { state in
            if let index = state.questions.firstIndex(where: { $0.place == place }) {
                state.questions[index].askers.append(answer)
                return false
            }
            state.questions.append(Question(place: place, askers: [answer]))
            return true
        }
        if isNew { bell.signal() }
    }

    func end() {
        state.withLock { $0.isOver = true }
        bell.signal()
    }

    private func run() {
        while true {
            bell.wait()
            guard let place = state.withLock({ $0.isOver ? nil : $0.questions.first?.place }) else { return }
            let found = ProxyAddress.all(of: place, asking: true)
            for answer in state.withLock({ $0.questions.removeFirst().askers }) { answer(found) }
        }
    }
}
