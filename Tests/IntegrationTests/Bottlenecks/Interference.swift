import Foundation
import Testing

/// What is done to a run from outside, so that a part of it has no room.
enum Interference {
    static func port(ofRedis process: Int32) throws -> UInt16 {
        let text = try String(contentsOfFile: "/proc/\(process)/cwd/redis.conf", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("port ") }
        return try #require(line.flatMap { UInt16($0.dropFirst("port ".count)) })
    }

    /// Runs one long script after the other.
    static func keepBusy(port: UInt16, until isOver: () -> Bool) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let script = Array("EVAL \"local x=0 for i=1,8000000 do x=x+i end return x\" 0\r\n".utf8)
        var answer = [UInt8](repeating: 0, count: 256)
        while !isOver() {
            guard send(descriptor, script, script.count, Int32(MSG_NOSIGNAL)) == script.count,
                recv(descriptor, &answer, answer.count, 0) > 0
            else { return }
        }
    }
}

/// A CPU limit for one process of a test, without those that it started.
struct Starvation {
    private static var root: (path: String, isOld: Bool)? {
        let old = "/sys/fs/cgroup/cpu"
        if access(old + "/cpu.cfs_quota_us", F_OK) == 0 || access(old + "/cpu.shares", F_OK) == 0 {
            return access(old, W_OK) == 0 ? (old, true) : nil
        }
        let new = "/sys/fs/cgroup"
        return access(new + "/cgroup.controllers", F_OK) == 0 && access(new, W_OK) == 0 ? (new, false) : nil
    }

    static var isPossible: Bool { root != nil }

    private let process: Int32
    private let group: String
    private let home: String

    init(_ process: Int32, cores: Double) throws {
        let root = try #require(Self.root)
        self.process = process
        home = root.path
        group = "\(root.path)/starved-\(process)"
        try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: false)
        let quota = Int(cores * 100_000)
        if root.isOld {
            try Self.write("100000", to: group + "/cpu.cfs_period_us")
            try Self.write("\(quota)", to: group + "/cpu.cfs_quota_us")
        } else {
            try Self.write("\(quota) 100000", to: group + "/cpu.max")
        }
        try Self.write("\(process)", to: group + "/cgroup.procs")
    }

    func end() {
        try? Self.write("\(process)", to: home + "/cgroup.procs")
        rmdir(group)
    }

    private static func write(_ text: String, to file: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        defer { try? handle.close() }
        try handle.write(contentsOf: Data(text.utf8))
    }
}
