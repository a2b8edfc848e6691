package import Model

/// How much CPU control groups leave this program, looked at once a second: its own group or one above it may have a quota,
/// and stops it when that is used up (Linux kernel, `cgroup-v2.rst`, `cpu.max`; `sched-bwc.rst`).
package struct OwnCPUQuota: Sendable {
    private struct Look: Sendable {
        var group: String
        var stopped: Seconds
        var used: Seconds
        var time: UInt64
    }

    private let root: String
    private let memberships: String
    private var last: Look?

    /// - Parameters:
    ///   - root: where the control groups lie.
    ///   - memberships: the file that names those of this program.
    package init(root: String = "/sys/fs/cgroup", memberships: String = "/proc/self/cgroup") {
        (self.root, self.memberships) = (root, memberships)
    }

    /// - Parameters:
    ///   - time: nanoseconds of the monotonic clock.
    ///   - used: CPU of the whole program since its start.
    /// - Returns: what was since the last look; nil without a quota, and at the first look at a group.
    package mutating func look(at time: UInt64, used: Seconds) -> QuotaSecond? {
        guard let (group, cores) = narrowest, let stopped = Self.stopped(group) else {
            last = nil
            return nil
        }
        let before = last
        last = Look(group: group, stopped: stopped, used: used, time: time)
        guard let before, before.group == group, time > before.time else { return nil }
        let wall = Double(time - before.time) / 1e9
        return QuotaSecond(
            cores: cores, stopped: max(0, stopped - before.stopped) / wall, used: max(0, used - before.used) / wall)
    }

    /// Of this program's group and those above it, the one with the smallest quota.
    private var narrowest: (group: String, cores: Double)? {
        groups.compactMap { group in Self.cores(group).map { (group, $0) } }.min { $0.1 < $1.1 }
    }

    private var groups: [String] {
        guard let text = SmallSystemFile.read(memberships) else { return [] }
        var found: [String] = []
        for line in text.split(separator: "\n") {
            // `7:cpu,cpuacct:/group` of version 1, `0::/group` of version 2.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isFirst = fields[1].split(separator: ",").contains("cpu")
            guard isFirst || fields[1].isEmpty else { continue }
            let mount = isFirst ? root + "/cpu" : root
            var names = fields[2].split(separator: "/")
            // In a container the group of that name may not be seen, but the mount's top is its own.
            while !names.isEmpty {
                found.append(mount + "/" + names.joined(separator: "/"))
                names.removeLast()
            }
            found.append(mount)
        }
        return found
    }

    private static func cores(_ group: String) -> Double? {
        if let text = SmallSystemFile.read(group + "/cpu.max") {
            let numbers = text.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
            return numbers.count == 2 && numbers[1] > 0 ? numbers[0] / numbers[1] : nil
        }
        let numbers = ["quota", "period"].compactMap { name in
            SmallSystemFile.read("\(group)/cpu.cfs_\(name)_us").flatMap {
                Double($0.split(separator: "\n").first ?? "")
            }
        }
        return numbers.count == 2 && numbers[0] > 0 && numbers[1] > 0 ? numbers[0] / numbers[1] : nil
    }

    /// How long the group has been stopped, summed over CPUs.
    private static func stopped(_ group: String) -> Seconds? {
        guard let text = SmallSystemFile.read(group + "/cpu.stat") else { return nil }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let value = Double(words[1]) else { continue }
            if words[0] == "throttled_usec" { return value / 1e6 }
            if words[0] == "throttled_time" { return value / 1e9 }
        }
        return nil
    }
}
