import Glibc
import NIOConcurrencyHelpers
import StoreBackends
import Synchronization
import Testing

/// A connection to nothing that can be made to break.
final class FakeConnection: PooledConnection {
    private let state = Mutex((isUsable: true, mayRepeat: true, isClosed: false))

    var isUsable: Bool { state.withLock { $0.isUsable } }
    var mayRepeat: Bool { state.withLock { $0.mayRepeat } }
    var isClosed: Bool { state.withLock { $0.isClosed } }
    let timeoutSeconds = 1
    /// Nobody answers over it before `answer`.
    let socket: CInt
    private let server: CInt

    init() {
        var ends: [CInt] = [-1, -1]
        socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends)
        (socket, server) = (ends[0], ends[1])
    }

    func answer() {
        var byte: UInt8 = 1
        write(server, &byte, 1)
    }

    /// - Returns: whether there is something to read, which is then read.
    func hear() -> Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, CInt(MSG_DONTWAIT)) == 1
    }

    func breakDown(mayRepeat: Bool) {
        state.withLock { state in
            state.isUsable = false
            state.mayRepeat = mayRepeat
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        _ = [socket, server].map(Glibc.close)
    }
}

/// Holds threads until it is opened.
final class Gate: Sendable {
    private let lock = ConditionLock<Bool>(value: false)

    func pass() {
        lock.lock(whenValue: true)
        lock.unlock()
    }

    func open() {
        lock.lock()
        lock.unlock(withValue: true)
    }
}

struct Broken: Error {}

/// Waits for what another thread is about to do, a minute at most.
func until(_ condition: () -> Bool) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(60)
    while !condition() {
        try #require(clock.now < deadline, "it did not happen within a minute")
        try await clock.sleep(for: .milliseconds(1))
    }
}
