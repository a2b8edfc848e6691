import Foundation
package import Model

extension Model.Host {
    /// What this machine says of itself.
    package static func current() -> Model.Host {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Model.Host(
            system: value(of: "PRETTY_NAME=", in: "/etc/os-release")?.trimmingCharacters(in: ["\""])
                ?? ProcessInfo.processInfo.operatingSystemVersionString,
            kernel: read("/proc/sys/kernel/osrelease") ?? "unknown",
            processor: value(of: "model name", in: "/proc/cpuinfo")?.drop { $0 == ":" || $0.isWhitespace }
                .description ?? "unknown",
            cores: ProcessInfo.processInfo.activeProcessorCount, memory: Int(ProcessInfo.processInfo.physicalMemory),
            openFiles: Int(clamping: limit.rlim_cur))
    }

    private static func read(_ file: String) -> String? {
        FileManager.default.contents(atPath: file)
            .map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
    }

    private static func value(of key: String, in file: String) -> String? {
        read(file)?.split(separator: "\n").first { $0.hasPrefix(key) }
            .map { $0.dropFirst(key.count).trimmingCharacters(in: .whitespaces) }
    }
}
