import Glibc

/// Time that no one sets back and that goes on while the machine sleeps.
enum MonotonicClock {
    static func milliseconds() -> Int { microseconds() / 1000 }

    static func microseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }

    /// Blocks its thread.
    static func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }
}
