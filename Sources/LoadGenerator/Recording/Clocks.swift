import CLinux
import Glibc
import Model

/// Readings of the system's clocks.
enum Clocks {
    /// Nanoseconds of the monotonic clock: the time of all schedules and latencies.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Nanoseconds by which the wall clock is ahead of the monotonic one, as exact as a reading of both allows.
    static var wallOffset: UInt64 {
        var best = (gap: UInt64.max, offset: UInt64(0))
        for _ in 0..<3 {
            let before = now
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            let gap = now - before
            let wall = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
            if gap < best.gap { best = (gap, wall &- (before + gap / 2)) }
        }
        return best.offset
    }

    static var wall: UnixTime { read(CLOCK_REALTIME) }

    /// CPU seconds of the calling thread.
    static var threadCPU: Seconds { read(CLOCK_THREAD_CPUTIME_ID) }

    /// CPU seconds of the whole program.
    static var programCPU: Seconds { read(CLOCK_PROCESS_CPUTIME_ID) }

    /// Lets the calling thread sleep; a signal may end it early.
    static func sleep(nanoseconds: UInt64) {
        var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nil)
    }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
