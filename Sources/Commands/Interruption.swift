import Dispatch
import Foundation
import Results
import Stacks
import Synchronization

/// What Ctrl-C, SIGTERM and a closed terminal do, from the program's start to its end.
///
/// Work that has something to take down is cancelled, and cleans up. A second Ctrl-C, or `patience` without an end, ends at
/// once what can be ended. Where nothing has to be taken down, the first signal ends the program at once: what it writes,
/// it writes under another name first, so that no file is left half-written.
enum Interruption {
    private struct State {
        /// Of the work that cleans up after itself; nil while there is none.
        var cancel: (@Sendable () -> Void)?
        var message: String?
        /// When the first signal came.
        var began: ContinuousClock.Instant?
        /// What is to be told when the program ends at once.
        var hint: String?
        /// Set once the program ends at once.
        var isEnding = false
    }

    /// How long after the first signal programs of this machine may take to end by themselves.
    private static let patience = DispatchTimeInterval.seconds(4)
    /// A second signal that comes sooner is the same key press, passed on by a program that started this one.
    private static let sameKeyPress = Duration.milliseconds(200)

    private static let state = Mutex(State())
    /// It has a thread of its own: the threads of Swift's pool may all be computing.
    private static let queue = DispatchQueue(label: "signals", qos: .userInteractive)
    private static let sources = Mutex<[any DispatchSourceSignal]>([])

    /// Listens from now on.
    static func begin() {
        sources.withLock { sources in
            sources = [SIGINT, SIGTERM, SIGHUP].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler { arrived(number) }
                source.resume()
                return source
            }
        }
    }

    /// Leaves Ctrl-C to the program that started this one and shares the terminal with it.
    static func leaveCtrlCToParent() {
        sources.withLock { sources in
            sources.first?.cancel()
            signal(SIGINT, SIG_IGN)
        }
    }

    /// Runs work that a signal cancels, and that cleans up after itself.
    /// - Parameter message: for the person, when a signal came.
    static func cancelling<Answer: Sendable>(
        telling message: String? = "stopping; the stack is taken down and what was measured is kept …",
        _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let task = Task { try await work() }
        state.withLock { state in
            state.cancel = { task.cancel() }
            state.message = message
        }
        defer { state.withLock { $0.cancel = nil } }
        return try await task.value
    }

    /// Does not return where a signal ends the program at once: that has killed what the work waited for, and has not yet
    /// removed everything.
    static func leaveEndToSignal() {
        while state.withLock({ $0.isEnding }) { sleep(1) }
    }

    /// Whether a signal has come.
    static var hasCome: Bool { state.withLock { $0.began != nil } }

    /// What is to be told from now on when the program ends at once.
    static func setHint(_ hint: String?) { state.withLock { $0.hint = hint } }

    private enum Reaction {
        case nothing
        case cancel(@Sendable () -> Void, message: String?)
        case end
    }

    private static func arrived(_ number: Int32) {
        let reaction = state.withLock { state -> Reaction in
            if let began = state.began {
                // Who ends a session may send several kinds of signal; impatience is shown by Ctrl-C.
                return number == SIGINT && ContinuousClock.now - began > sameKeyPress ? .end : .nothing
            }
            state.began = .now
            return state.cancel.map { .cancel($0, message: state.message) } ?? .end
        }
        switch reaction {
        case .nothing: break
        case .end: endAtOnce()
        case .cancel(let cancel, let message):
            if let message { Terminal.tell("\nstorelab: \(message)") }
            cancel()
            watch(after: patience)
        }
    }

    /// - Parameter waited: whether an engine was waited for; what comes after it, the reports, has the whole patience too.
    private static func watch(after time: DispatchTimeInterval, waited: Bool = false) {
        queue.asyncAfter(deadline: .now() + time) {
            // Only their engine can remove containers, and it may take its time.
            if !Leftovers.openProjectsOfThisProcess.isEmpty {
                watch(after: .milliseconds(200), waited: true)
            } else if waited {
                watch(after: patience)
            } else {
                endAtOnce()
            }
        }
    }

    /// Ends what can be ended without waiting for anyone, and the program.
    private static func endAtOnce() -> Never {
        state.withLock { $0.isEnding = true }
        let ended = Leftovers.endThoseOfThisProcess()
        TemporaryFolder.removeAllOfThisProcess()
        var words = "ended at once"
        if ended.processes > 0 {
            words += "; \(ended.processes) \(ended.processes == 1 ? "program was" : "programs were") killed"
        }
        if !ended.projects.isEmpty {
            words +=
                "; containers of \(ended.projects.joined(separator: ", ")) are still there, remove them with: "
                + "./storelab clean"
        }
        if let hint = state.withLock({ $0.hint }) { words += "; \(hint)" }
        Terminal.tell("\nstorelab: \(words)")
        RunFolder.whenNothingIsBeingWritten { _exit(ExitStatus.interrupted.rawValue) }
    }
}
