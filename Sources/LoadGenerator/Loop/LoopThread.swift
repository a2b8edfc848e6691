import CLinux
import Glibc
import Model
import Synchronization

/// A thread that turns one `UserLoop` until it is over. The loop is made on it and never leaves it; what others want of
/// it they send as a job.
final class LoopThread: Sendable {
    typealias Job = @Sendable (UserLoop) -> Void

    private let poller: Poller
    private let jobs = Mutex<[Job]>([])

    /// - Throws: a `Problem` when the system has no descriptor or thread left.
    init(_ make: @escaping @Sendable (Poller) -> UserLoop) throws {
        let poller = try Poller()
        self.poller = poller
        guard Self.detach({ [self] in run(make(poller)) }) else {
            throw Problem(.machine, "No thread is left for the load generator.", nextStep: "Raise `ulimit -u`.")
        }
    }

    func submit(_ job: @escaping Job) {
        let isFirst = jobs.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        if isFirst { poller.wake() }
    }

    private func run(_ loop: UserLoop) {
        exact_timers_of_this_thread()
        ignoreBrokenPipes()
        while !loop.isOver {
            if loop.turn() {
                let due = jobs.withLock { jobs in
                    defer { jobs = [] }
                    return jobs
                }
                for job in due { job(loop) }
            }
        }
    }

    /// Runs the body on a thread of its own.
    /// - Returns: whether there is one.
    static func detach(_ body: @escaping @Sendable () -> Void) -> Bool {
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        if status != 0 { work.release() }
        return status == 0
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
