import CLinux
import Glibc
package import Model
import Synchronization
import Threads

/// A proxy for TCP and Unix sockets that slows, cuts or narrows connections on demand. It has a thread of its own.
package final class ProxyServer: Sendable {
    private typealias Job = @Sendable (ProxyLoop) -> Void

    private final class Mailbox: Sendable {
        let jobs = Mutex<[Job]>([])
        let alarm: CInt

        init(alarm: CInt) { self.alarm = alarm }

        func submit(_ job: @escaping Job) {
            jobs.withLock { jobs in
                jobs.append(job)
                if jobs.count == 1 { eventfd_write(alarm, 1) }
            }
        }
    }

    private let mailbox: Mailbox
    private let resolver: NameResolver

    /// - Parameter seed: of the delays that are drawn.
    /// - Throws: a `Problem` when the system has no descriptor or thread left.
    package init(seed: UInt64) throws {
        let alarm = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        guard alarm >= 0 else { throw Self.noDescriptor }
        let (mailbox, resolver) = (Mailbox(alarm: alarm), try NameResolver())
        (self.mailbox, self.resolver) = (mailbox, resolver)
        let (ready, started) = (Ready(), Semaphore())
        let isThere = SystemThread.detach {
            let loop = ProxyLoop(alarm: alarm, resolver: resolver, seed: seed) { mailbox.submit($0) }
            ready.isSet.withLock { $0 = loop != nil }
            started.signal()
            if let loop { Self.run(loop, mailbox) }
        }
        if isThere { started.wait() }
        guard ready.isSet.withLock(\.self) else { throw isThere ? Self.noDescriptor : SystemThread.noneLeft }
    }

    private final class Ready: Sendable { let isSet = Mutex(false) }

    private static let noDescriptor = Problem(
        .machine, "No descriptor is left for the proxy.", nextStep: "Raise `ulimit -n`.")

    /// Accepts connections for a part from now on. A part that listens at several ports needs a call for each; faults that
    /// are in force on it already are not in force here.
    /// - Parameters:
    ///   - own: where to listen; port 0 for any free one. A host that begins with `/` is the path of a Unix socket, which
    ///     is made anew.
    ///   - upstream: where the part is, likewise.
    /// - Returns: the port; 0 where it is a path.
    /// - Throws: `Problem` when it cannot listen there.
    package func listen(_ part: String, at own: HostAndPort, upstream: HostAndPort) throws -> Int {
        try perform { try $0.listen(part, at: own, upstream: upstream) }
    }

    /// - Throws: `Problem` when there is no such part, or it is no fault of a proxy's.
    package func begin(_ action: FaultAction, on part: String) throws {
        try perform { try $0.change(part) { try $0.begin(action) } }
    }

    /// - Throws: `Problem` when there is no such part, or it is no fault of a proxy's.
    package func end(_ action: FaultAction, on part: String) throws {
        try perform { try $0.change(part) { try $0.end(action) } }
    }

    /// Takes back all that is in force.
    package func heal() throws { try perform { try $0.heal() } }

    package var passages: [ProxyPassage] { (try? perform { $0.passages }) ?? [] }

    /// Closes everything, with a reset. Nothing may be asked of it afterwards.
    package func end() {
        resolver.end()
        try? perform { $0.end() }
    }

    /// On the loop, which is soon done with it; the calling thread waits.
    private func perform<Answer: Sendable>(_ body: @escaping @Sendable (ProxyLoop) throws -> Answer) throws -> Answer {
        let (done, box) = (Semaphore(), Box<Answer>())
        mailbox.submit { loop in
            let result = Result { try body(loop) }
            box.result.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        guard let result = box.result.withLock(\.self) else { throw Self.noDescriptor }
        return try result.get()
    }

    private final class Box<Answer: Sendable>: Sendable {
        let result = Mutex<Result<Answer, any Error>?>(nil)
    }

    private static func run(_ loop: ProxyLoop, _ mailbox: Mailbox) {
        exact_timers_of_this_thread()
        short_slices_of_this_thread()
        while !loop.isOver {
            guard loop.turn() else { continue }
            let due = mailbox.jobs.withLock { jobs in
                defer { jobs = [] }
                return jobs
            }
            for job in due { job(loop) }
        }
        close(mailbox.alarm)
    }
}

extension ProxyControl {
    package static func isSocket(_ descriptor: Int32) -> Bool {
        var file = stat()
        return fstat(descriptor, &file) == 0 && file.st_mode & S_IFMT == S_IFSOCK
    }
}
