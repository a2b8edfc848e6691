import Glibc

/// Limits that the system sets to this process, and to those that it starts.
package enum SystemLimits {
    /// A connection of each of 50,000 users, and two of a balancer's for each.
    private static let wantedOpenFiles: rlim_t = 262_144

    /// Lets the process open as many descriptors as are wanted where the system permits it (root), else as many as it may
    /// without asking anyone.
    package static func raiseOpenFiles() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        if limit.rlim_max < wantedOpenFiles {
            var wanted = rlimit(rlim_cur: wantedOpenFiles, rlim_max: wantedOpenFiles)
            if setrlimit(resource, &wanted) == 0 { return }
        }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
    }

    /// Files that this process may still open; nil where the system does not say (Linux before 6.2).
    static var descriptorsLeft: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        var folder = stat()
        guard stat("/proc/self/fd", &folder) == 0, folder.st_size > 0 else { return nil }
        return max(0, Int(clamping: limit.rlim_cur) - Int(folder.st_size))
    }

    /// Ports that the system gives to connections from one address; nil where it does not say.
    static let portsPerAddress: Int? = {
        guard let text = SmallSystemFile.read("/proc/sys/net/ipv4/ip_local_port_range") else { return nil }
        let bounds = text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
        return bounds[1] - bounds[0] + 1
    }()

    /// Connections of the whole machine that are closed and still hold their port.
    static var portsInTimeWait: Int {
        guard let text = SmallSystemFile.read("/proc/net/sockstat") else { return 0 }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let tw = words.firstIndex(of: "tw"), tw + 1 < words.count else { return 0 }
        return Int(words[tw + 1]) ?? 0
    }
}

/// Reads the kernel's files of numbers.
enum SmallSystemFile {
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
