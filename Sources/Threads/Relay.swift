import Synchronization

/// A thread that shares the process's descriptors and does, one after the other, what threads with a table of
/// their own may not do themselves: telling tasks and other threads, and starting threads.
package final class Relay: Sendable {
    package typealias Message = @Sendable () -> Void

    private struct Inbox: Sendable {
        var messages: [Message] = []
        var isClosed = false
    }

    private let inbox = Mutex(Inbox())
    private let bell = Semaphore()

    /// - Throws: a `Problem` when the system has no thread left.
    package init() throws {
        guard SystemThread.detach({ [self] in run() }) else { throw SystemThread.noneLeft }
    }

    /// After `end()` it has no effect.
    package func post(_ message: @escaping Message) {
        let rings = inbox.withLock { inbox in
            guard !inbox.isClosed else { return false }
            inbox.messages.append(message)
            return inbox.messages.count == 1
        }
        if rings { bell.signal() }
    }

    /// The thread ends once it has done what was posted until now.
    package func end() {
        inbox.withLock { $0.isClosed = true }
        bell.signal()
    }

    private func run() {
        var isOver = false
        while !isOver {
            bell.wait()
            let messages = inbox.withLock { inbox in
                isOver = inbox.isClosed
                defer { inbox.messages = [] }
                return inbox.messages
            }
            for message in messages { message() }
        }
    }
}
