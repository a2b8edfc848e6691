import CLinux
import Glibc

/// Tables of descriptors. The limit of open files holds for one table. A process has one, which its threads share; but a
/// thread may have one of its own, and then as many descriptors as the limit permits, whatever the other threads have.
///
/// The price: a number means a different file in each table. A thread with its own table touches only what it has opened
/// itself or kept, and starts no threads, since those would share it. So it must not resume a task either, as the
/// runtime may start a thread for that: whatever it tells others, it tells through a `Relay`.
package enum DescriptorTable {
    /// Gives the calling thread one.
    /// - Parameters:
    ///   - kept: the descriptors that stay open in it, besides the standard streams.
    ///   - keepsWakers: so do those through which threads wait and are woken.
    /// - Returns: false where the system (Linux before 5.9) or the container forbids it; the table is still shared.
    package static func separate(keeping kept: [CInt], andWakers keepsWakers: Bool = false) -> Bool {
        let most = kept.reduce(STDERR_FILENO, max)
        guard own_descriptors_below(keepsWakers ? .max : UInt32(most) + 1) == 0 else { return false }
        // In the shared table a number may have become another file's since it was looked at: a socket that is kept here
        // by mistake never ends for its peer.
        let wakers = keepsWakers ? wakers : []
        let all = Set([STDERR_FILENO] + kept.filter { $0 > STDERR_FILENO } + wakers).sorted()
        for (lower, upper) in zip(all, all.dropFirst()) where upper > lower + 1 {
            _ = close_descriptors(UInt32(lower) + 1, UInt32(upper) - 1)
        }
        _ = close_descriptors(UInt32(all.last ?? STDERR_FILENO) + 1, .max)
        return true
    }

    /// Whether threads of this process may have tables of their own.
    package static let canSeparate: Bool = {
        let (outcome, done) = (Outcome(), Semaphore())
        let isThere = SystemThread.detach {
            outcome.succeeded = separate(keeping: [])
            done.signal()
        }
        if isThere { done.wait() }
        return outcome.succeeded
    }()

    /// Those of the calling thread's table through which threads wait and are woken: epoll, eventfd, timerfd and the like.
    package static var wakers: [CInt] {
        (STDERR_FILENO + 1..<max(STDERR_FILENO + 1, CInt(clamping: OpenFiles.limit ?? 0))).filter { descriptor in
            // Their files have no type, unlike sockets, pipes and what lies on a disk.
            var file = stat()
            return fstat(descriptor, &file) == 0 && file.st_mode & S_IFMT == 0
        }
    }

    /// Written before the semaphore is signalled, and read after.
    private final class Outcome: @unchecked Sendable {
        var succeeded = false
    }
}
