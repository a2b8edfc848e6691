import Foundation
import Model

/// CPU and memory of a container, read from its control group: one file each, where `docker stats` would cost the machine
/// a tenth of a core.
package struct ContainerUsage: Sendable, Equatable {
    private enum Files: Sendable, Equatable {
        case one(cpu: String, memory: String)
        case two(String)
    }

    private let files: Files

    /// - Returns: nil where the container's processes are not this machine's (Docker Desktop), or the groups cannot be
    ///   read.
    init?(pid: Int) {
        guard pid > 0, let text = try? String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8) else {
            return nil
        }
        let paths = Self.paths(in: text)
        if let cpu = paths["cpuacct"], let memory = paths["memory"], cpu != "/" {
            files = .one(
                cpu: "/sys/fs/cgroup/cpuacct\(cpu)/cpuacct.usage", memory: "/sys/fs/cgroup/memory\(memory)")
        } else if let path = paths[""], path != "/" {
            files = .two("/sys/fs/cgroup\(path)")
        } else {
            return nil
        }
        guard read() != nil else { return nil }
    }

    /// By controller; version 2 has one group for all, under the empty name.
    package static func paths(in text: String) -> [String: String] {
        var paths: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                paths[String(controller)] = String(parts[2])
            }
        }
        return paths
    }

    /// The folder of its CPU control group; nil without a container's own.
    static func cpuGroup(pid: Int) -> String? {
        let paths =
            (try? String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8)).map(ContainerUsage.paths) ?? [:]
        if let path = paths["cpu"], path != "/" { return "/sys/fs/cgroup/cpu\(path)" }
        return paths[""].flatMap { $0 == "/" ? nil : "/sys/fs/cgroup\($0)" }
    }

    func read() -> ComponentUsage? {
        switch files {
        case .one(let cpu, let memory):
            guard let nanoseconds = number(in: cpu) else { return nil }
            let used = number(in: memory + "/memory.usage_in_bytes") ?? 0
            let cached = value("total_inactive_file", in: memory + "/memory.stat") ?? 0
            return ComponentUsage(cpuSeconds: nanoseconds / 1e9, memory: Int(max(0, used - cached)))
        case .two(let path):
            guard let microseconds = value("usage_usec", in: path + "/cpu.stat") else { return nil }
            let used = number(in: path + "/memory.current") ?? 0
            let cached = value("inactive_file", in: path + "/memory.stat") ?? 0
            return ComponentUsage(cpuSeconds: microseconds / 1e6, memory: Int(max(0, used - cached)))
        }
    }

    private func text(_ file: String) -> String? {
        FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) }
    }

    private func number(in file: String) -> Double? {
        text(file).flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    private func value(_ key: String, in file: String) -> Double? {
        text(file)?.split(separator: "\n").first { $0.hasPrefix(key + " ") }?.split(separator: " ").last
            .flatMap { Double($0) }
    }
}

extension CPUQuota {
    /// Whether the kernel holds a container to its limit: its control group says so, not its definition.
    init(cores: Double, ofContainerWithPid pid: Int) {
        let paths =
            (try? String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8)).map(ContainerUsage.paths) ?? [:]
        if let path = paths["cpu"],
            let quota = try? String(contentsOfFile: "/sys/fs/cgroup/cpu\(path)/cpu.cfs_quota_us", encoding: .utf8)
        {
            self.init(cores: cores, enforced: !quota.hasPrefix("-1"), how: "Docker, cgroup v1")
        } else if let path = paths[""],
            let limit = try? String(contentsOfFile: "/sys/fs/cgroup\(path)/cpu.max", encoding: .utf8)
        {
            self.init(cores: cores, enforced: !limit.hasPrefix("max"), how: "Docker, cgroup v2")
        } else {
            self.init(cores: cores, enforced: true, how: "Docker; its control groups cannot be seen from here")
        }
    }
}
