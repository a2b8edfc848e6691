import Glibc
import Model

/// The clock of all instants.
enum Monotonic {
    /// In nanoseconds.
    static var now: UInt64 { read(CLOCK_MONOTONIC) }

    static var wall: UnixTime { Double(read(CLOCK_REALTIME)) / 1e9 }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Sleeps until the instant; returns early when the task is cancelled.
    static func sleep(until time: UInt64) async {
        let now = now
        if time > now { try? await Task.sleep(nanoseconds: time - now) }
    }
}
