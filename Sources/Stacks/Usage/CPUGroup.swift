import Foundation
import Model

/// A control group with a CPU limit (Linux kernel, `cgroup-v2.rst` and `sched-bwc.rst`).
package struct CPUGroup: Sendable, Equatable {
    /// Absolute path of the group's folder.
    let path: String

    /// The length of the period in which the share is given out, in microseconds. A short one keeps a limited process
    /// from standing still for long: at 0.25 cores and 100 ms it would pause for 75 ms, here for 15 ms.
    private static let period = 20_000
    /// The kernel gives no less in a period (`min_cfs_quota_period`).
    private static let leastQuota = 1000

    /// What the kernel is told, in microseconds: of each `period`, the processes together run `quota`. Where a share is so
    /// small that the quota would be less than the kernel gives, the period is longer.
    package static func bandwidth(_ cores: Double) -> (period: Int, quota: Int) {
        let quota = max(leastQuota, Int((cores * Double(period)).rounded()))
        return (max(period, Int((Double(leastQuota) / cores).rounded())), quota)
    }

    enum Version: String, Sendable {
        case one = "cgroup v1"
        case two = "cgroup v2"
    }

    /// Where groups can be made, and of which version.
    static func root() -> (version: Version, path: String)? {
        if let controllers = try? String(contentsOfFile: "/sys/fs/cgroup/cgroup.controllers", encoding: .utf8) {
            return controllers.split(separator: " ").contains { $0.hasPrefix("cpu") } ? (.two, "/sys/fs/cgroup") : nil
        }
        return access("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", F_OK) == 0
            || access("/sys/fs/cgroup/cpu/cpu.shares", F_OK) == 0 ? (.one, "/sys/fs/cgroup/cpu") : nil
    }

    /// Makes a group that gives its processes `cores` of CPU together.
    /// - Throws: `Problem` that says why the system does not permit it.
    init(named name: String, cores: Double, ledger: Ledger) throws {
        guard let (version, root) = Self.root() else {
            throw Problem(.machine, "this system offers no CPU control groups")
        }
        path = root + "/" + name
        try ledger.record(.controlGroup(path))
        if version == .two { try? Self.write("+cpu", to: root + "/cgroup.subtree_control") }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw Problem(.machine, "\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        do {
            try setQuota(cores)
        } catch {
            rmdir(path)
            throw error
        }
    }

    /// The group of that path, which is there.
    init(path: String) { self.path = path }

    /// - Parameter cores: nil for no limit.
    /// - Throws: `Problem` when the kernel does not take it.
    func setQuota(_ cores: Double?) throws {
        let limit = cores.map(Self.bandwidth)
        switch Self.root()?.version {
        case .one:
            // A quota must fit its period at each of the two writes: first none, then the new ones.
            try Self.write("-1", to: path + "/cpu.cfs_quota_us")
            try Self.write("\(limit?.period ?? Self.period)", to: path + "/cpu.cfs_period_us")
            if let limit { try Self.write("\(limit.quota)", to: path + "/cpu.cfs_quota_us") }
        case .two:
            try Self.write(
                "\(limit.map { "\($0.quota)" } ?? "max") \(limit?.period ?? Self.period)", to: path + "/cpu.max")
        case nil: throw Problem(.machine, "this system offers no CPU control groups")
        }
    }

    /// Moves a process with all its threads into the group.
    func add(_ pid: Int32) { try? Self.write("\(pid)", to: path + "/cgroup.procs") }

    /// Whether the process is in the group.
    func contains(_ pid: Int32) -> Bool {
        guard let members = try? String(contentsOfFile: path + "/cgroup.procs", encoding: .utf8) else { return false }
        return members.split(separator: "\n").contains("\(pid)")
    }

    private static func write(_ text: String, to file: String) throws {
        let descriptor = open(file, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Problem(.machine, "\(file): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Problem(.machine, "\(file): \(String(cString: strerror(errno)))")
        }
    }
}
