import Glibc
import Model
import Synchronization
import Threads

/// A program that runs beside this one, with pairs of sockets as its standard streams. It is in a process group of its own, so that a
/// Ctrl-C at the terminal reaches this program alone, which then ends it in order.
final class ChildProcess: Sendable {
    private struct State: Sendable {
        var isGone = false
        var status: CInt?
        var waiting: [CheckedContinuation<CInt, Never>] = []
        var said: [UInt8] = []
        var hasSaidAll = false
    }

    /// Of what it writes to standard error, the end.
    private static let mostSaid = 4096

    private let pid: pid_t
    private let state = Mutex(State())
    /// Its standard input and output; who takes them closes them.
    let input: CInt
    let output: CInt

    /// - Parameter stdin: a file that it reads in place of the pipe; then `input` is -1.
    /// - Throws: a `Problem` for a program that cannot be started.
    init(_ path: String, _ arguments: [String], stdin file: CInt? = nil) throws {
        var ends = [CInt](repeating: -1, count: 6)
        func closeAll() { for end in ends where end >= 0 { close(end) } }
        for index in 0..<3 where !(index == 0 && file != nil) {
            var pair: [CInt] = [-1, -1]
            // Unlike pipe(2), it closes them for other programs from the first moment on.
            guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
                closeAll()
                throw Problem(.machine, "No descriptor is left for an agent.", nextStep: "Raise `ulimit -n`.")
            }
            (ends[2 * index], ends[2 * index + 1]) = (pair[0], pair[1])
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, file ?? ends[0], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[3], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[5], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What threads here have blocked is not blocked there.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child = pid_t()
        let status = posix_spawn(&child, path, &actions, &attributes, &words, environ)
        guard status == 0 else {
            closeAll()
            throw Problem(.machine, "\(path) could not be started: \(String(cString: strerror(status)))")
        }
        for index in [0, 3, 5] where ends[index] >= 0 { close(ends[index]) }
        pid = child
        (input, output) = (ends[1], ends[2])
        let errors = ends[4]
        _ = SystemThread.detach { [self] in keep(errors) }
        _ = SystemThread.detach { [self] in reap() }
    }

    var hasEnded: Bool { state.withLock { $0.isGone } }

    /// Without effect on one that has ended.
    func kill() {
        state.withLock { state in
            // Its number is its own until it is waited for, which is done under the lock.
            guard !state.isGone else { return }
            Glibc.kill(-pid, SIGKILL)
        }
    }

    /// The last line that it wrote to standard error. What it has written just now is waited for, but not for long: others
    /// may hold its standard error open.
    func complaint() async -> String {
        for _ in 0..<20 where !state.withLock({ $0.hasSaidAll }) { try? await Task.sleep(for: .milliseconds(10)) }
        let text = state.withLock { String(decoding: $0.said, as: UTF8.self) }
        return text.split(whereSeparator: \.isNewline).last.map { $0.trimmed } ?? ""
    }

    /// - Returns: its exit code; 128 and more of one that a signal ended.
    func end() async -> CInt {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    private func keep(_ errors: CInt) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(errors, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            state.withLock { $0.said = ($0.said + buffer[..<count]).suffix(Self.mostSaid) }
        }
        close(errors)
        state.withLock { $0.hasSaidAll = true }
    }

    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (status, waiting) = state.withLock { state in
            var raw: CInt = 0
            waitpid(pid, &raw, 0)
            state.isGone = true
            let status = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + (raw & 0x7F)
            state.status = status
            defer { state.waiting = [] }
            return (status, state.waiting)
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
