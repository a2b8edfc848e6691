import Model

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Readings of the system's clocks.
enum Clocks {
    static var wall: UnixTime { read(CLOCK_REALTIME) }

    /// CPU seconds of the calling thread.
    static var threadCPU: Seconds { read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Limits that the system sets to this process, and to those that it starts.
package enum SystemLimits {
    /// A connection of each of 30,000 users, and two of a balancer's for each.
    private static let wantedOpenFiles: rlim_t = 131_072

    /// Lets the process open as many descriptors as are wanted where the system permits it (root), else as many as it may
    /// without asking anyone.
    package static func raiseOpenFiles() {
        var limit = rlimit()
        #if canImport(Darwin)
            let resource = RLIMIT_NOFILE
        #else
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #endif
        guard getrlimit(resource, &limit) == 0 else { return }
        if limit.rlim_max < wantedOpenFiles {
            var wanted = rlimit(rlim_cur: wantedOpenFiles, rlim_max: wantedOpenFiles)
            if setrlimit(resource, &wanted) == 0 { return }
        }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
    }
}
