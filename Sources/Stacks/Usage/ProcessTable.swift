import Foundation

/// Readings of Linux's `/proc` (proc(5)).
package enum ProcessTable {
    package struct Entry: Sendable, Equatable {
        package var pid: Int32
        package var parent: Int32
        package var group: Int32
        /// User and system time in clock ticks.
        package var ticks: Int
        /// Resident pages.
        package var pages: Int
        package var isZombie: Bool
    }

    static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    static let pageSize = sysconf(Int32(_SC_PAGESIZE))

    static var pids: [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
    }

    package static func entry(_ pid: Int32) -> Entry? {
        guard let text = read("/proc/\(pid)/stat") else { return nil }
        return parse(stat: text, pid: pid)
    }

    /// The command's name stands in parentheses and may itself hold spaces and parentheses.
    package static func parse(stat text: String, pid: Int32) -> Entry? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 21, let parent = Int32(fields[1]), let group = Int32(fields[2]),
            let user = Int(fields[11]), let system = Int(fields[12]), let pages = Int(fields[21])
        else { return nil }
        return Entry(
            pid: pid, parent: parent, group: group, ticks: user + system, pages: pages,
            isZombie: fields[0] == "Z" || fields[0] == "X")
    }

    /// CPU seconds that all processors were busy since the machine started.
    static func machineBusySeconds() -> Double? {
        guard let line = read("/proc/stat")?.split(separator: "\n").first else { return nil }
        let fields = line.split(separator: " ").dropFirst().compactMap { Int($0) }
        guard fields.count >= 8 else { return nil }
        let idle = fields[3] + fields[4]
        return Double(fields[0..<8].reduce(0, +) - idle) / ticksPerSecond
    }

    /// CPU seconds that the host of this virtual machine gave to others while a processor had work; 0 where it does not say.
    static func stolenSeconds() -> Double? {
        guard let line = read("/proc/stat")?.split(separator: "\n").first else { return nil }
        let fields = line.split(separator: " ").dropFirst().compactMap { Int($0) }
        return fields.count >= 8 ? Double(fields[7]) / ticksPerSecond : nil
    }

    static func runnableTasks() -> Double? {
        read("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("procs_running ") }?.split(separator: " ").last
            .flatMap { Double($0) }
    }

    static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func link(_ path: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    }
}
