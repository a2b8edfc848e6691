import CLinux
import Glibc

/// The limit of open files, which the system sets to each table of descriptors.
package enum OpenFiles {
    /// A connection of each of 50,000 users, and two of a balancer's for each.
    private static let wanted: rlim_t = 262_144

    /// Lets a table have as many descriptors as are wanted where the system permits it (root), else as many as it may
    /// without asking anyone. It holds for the processes that are started later too.
    package static func raiseLimit() {
        guard var limit = current else { return }
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        if limit.rlim_max < wanted {
            var wanted = rlimit(rlim_cur: wanted, rlim_max: wanted)
            if setrlimit(resource, &wanted) == 0 { return }
        }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
    }

    /// Descriptors of one table; nil where the system does not say.
    package static var limit: Int? { current.map { Int(clamping: $0.rlim_cur) } }

    /// Files that may still be opened in the process's own table; nil where the system does not say (Linux before 6.2).
    package static var left: Int? {
        var folder = stat()
        guard let limit, stat("/proc/self/fd", &folder) == 0, folder.st_size > 0 else { return nil }
        return max(0, limit - Int(folder.st_size))
    }

    private static var current: rlimit? {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? limit : nil
    }
}
