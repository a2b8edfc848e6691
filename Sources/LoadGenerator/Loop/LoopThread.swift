import CLinux
import Glibc
import Model
import Synchronization
import Threads

/// A thread that turns one `UserLoop` until it is over. The loop is made on it and never leaves it; what others want of it
/// they send as a job, from a thread that shares the process's descriptors: never from a loop.
///
/// Each has a table of descriptors of its own where the system permits it, however few users there are: it costs
/// nothing but some microseconds at the start. A call on a socket then counts no users of the table, and opening one
/// waits for no other thread: a table that threads share grows only after all CPUs have passed a quiescent state. What
/// the program has open otherwise, such as pipes to its children, stays out of it.
final class LoopThread: Sendable {
    typealias Job = @Sendable (UserLoop) -> Void

    /// Descriptors that a loop needs besides its sockets: its own, the standard streams, and the files that it reads.
    private static let reserve = 64
    private static let noDescriptor = Problem(
        .machine, "No descriptor is left for the load generator.", nextStep: "Raise `ulimit -n`.")

    private struct Inbox: Sendable {
        var jobs: [Job] = []
        var isClosed = false
    }

    /// What the thread and its starter share.
    private final class Mailbox: Sendable {
        let inbox = Mutex(Inbox())
        let isReady = Mutex(false)
    }

    /// An eventfd that ends the loop's wait. The loop has a descriptor of its own for the same one.
    private let alarm: CInt
    private let mailbox = Mailbox()

    /// - Throws: a `Problem` when the system has no descriptor or thread left.
    init(_ make: @escaping @Sendable (Poller) -> UserLoop) throws {
        alarm = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        guard alarm >= 0 else { throw Self.noDescriptor }
        let started = Semaphore()
        let isThere = SystemThread.detach { [alarm, mailbox] in
            // With a table of its own the number stays the loop's when the process closes its own.
            let own = DescriptorTable.separate(keeping: [alarm]) ? alarm : fcntl(alarm, F_DUPFD_CLOEXEC, 0)
            let poller = Poller(alarm: own)
            mailbox.isReady.withLock { $0 = poller != nil }
            started.signal()
            if let poller { Self.turn(make(poller), mailbox) }
        }
        if isThere { started.wait() }
        guard mailbox.isReady.withLock(\.self) else {
            close(alarm)
            throw isThere ? Self.noDescriptor : SystemThread.noneLeft
        }
    }

    /// Sockets that a loop can have, by the limit of now; nil where loops share the process's descriptors.
    static var room: Int? {
        guard DescriptorTable.canSeparate, let limit = OpenFiles.limit else { return nil }
        return max(1, limit - min(reserve, limit / 4))
    }

    /// After `end()` it has no effect.
    func submit(_ job: @escaping Job) {
        mailbox.inbox.withLock { inbox in
            guard !inbox.isClosed else { return }
            inbox.jobs.append(job)
            if inbox.jobs.count == 1 { eventfd_write(alarm, 1) }
        }
    }

    /// The loop ends after the jobs it has. Must be called once, for the descriptor that is closed here.
    func end() {
        mailbox.inbox.withLock { inbox in
            guard !inbox.isClosed else { return }
            inbox.jobs.append { $0.end() }
            inbox.isClosed = true
            eventfd_write(alarm, 1)
            close(alarm)
        }
    }

    private static func turn(_ loop: UserLoop, _ mailbox: Mailbox) {
        exact_timers_of_this_thread()
        short_slices_of_this_thread()
        BrokenPipes.ignore()
        while !loop.isOver {
            if loop.turn() {
                let due = mailbox.inbox.withLock { inbox in
                    defer { inbox.jobs = [] }
                    return inbox.jobs
                }
                for job in due { job(loop) }
            }
        }
    }
}
