import Glibc

/// How long a thread has waited for a processor since it began: the second number of its `schedstat` (proc(5);
/// Documentation/scheduler/sched-stats.rst of Linux).
final class ProcessorWait {
    private static let length = 64
    private let file: CInt

    /// Of the calling thread.
    init() { file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC) }

    deinit { if file >= 0 { close(file) } }

    /// Nanoseconds; 0 where the system does not say.
    var total: UInt64 {
        withUnsafeTemporaryAllocation(byteCount: Self.length, alignment: 1) { bytes in
            let count = pread(file, bytes.baseAddress, bytes.count, 0)
            guard count > 0, let space = bytes[..<count].firstIndex(of: UInt8(ascii: " ")) else { return 0 }
            return bytes[(space + 1)..<count].prefix { $0 != UInt8(ascii: " ") }
                .reduce(0) { $0 &* 10 &+ UInt64($1 &- UInt8(ascii: "0")) }
        }
    }
}
