import Foundation
import Testing

extension OnRealServers {
    /// Bottlenecks made on purpose: each is what the report names first.
    @Suite struct BottleneckTests {
        /// Where the stack runs; containers only where there is an engine.
        private static let stacks = Engine.isPresent ? ["local", "compose"] : ["local"]

        @Test(arguments: stacks) func aPoolOfOneConnection(stack: String) async throws {
            try await on(stack) { laboratory in
                try laboratory.write(
                    "1.yaml",
                    Self.definition(
                        backend: "mysql", sizes: "store: { pool: 1 }", limit: "p50 > 25ms for 2s", users: 80))
                let cause = try await firstCause(laboratory, stack)
                #expect(
                    cause.contains("pool of connections to MySQL") && cause.contains(" of 1 were in use"), "\(cause)")
                #expect(try laboratory.read("report.md").contains("Set by the definition: `store.pool` 1."))
            }
        }

        @Test(arguments: stacks) func twentyConnectionsOfMySQL(stack: String) async throws {
            try await on(stack) { laboratory in
                try laboratory.write(
                    "1.yaml",
                    Self.definition(
                        backend: "mysql", replicas: 3, sizes: "store: { pool: 16 }\n  mysql: { connections: 20 }",
                        limit: "p50 > 25ms for 2s", users: 300, think: "10ms..30ms"))
                let cause = try await firstCause(laboratory, stack)
                #expect(cause.contains("connections of MySQL") && cause.contains(" of 20 were taken"), "\(cause)")
            }
        }

        @Test(arguments: stacks) func sixtyFourConnectionsOfNginx(stack: String) async throws {
            try await on(stack) { laboratory in
                try laboratory.write(
                    "1.yaml",
                    Self.definition(
                        backend: "redis", replicas: 2, sizes: "nginx: { connections: 64 }", users: 150,
                        think: "10ms..30ms"))
                let cause = try await firstCause(laboratory, stack)
                #expect(cause.contains("Nginx's own connections"), "\(cause)")
            }
        }

        @Test(arguments: stacks) func aTenthOfACoreForTheStore(stack: String) async throws {
            try await on(stack) { laboratory in
                try laboratory.write(
                    "1.yaml",
                    Self.definition(
                        backend: "redis", sizes: "store: { cpus: 0.1 }", limit: "p50 > 50ms for 2s", users: 150))
                let cause = try await firstCause(laboratory, stack)
                #expect(cause.contains("CPU of the store") && cause.contains(" of the 0.1 cores"), "\(cause)")
            }
        }

        @Test(arguments: stacks) func littleCPUForRedis(stack: String) async throws {
            try await on(stack) { laboratory in
                try laboratory.write(
                    "1.yaml",
                    Self.definition(
                        backend: "redis", sizes: "redis: { cpus: 0.02 }", limit: "p50 > 20ms for 2s", users: 200))
                let cause = try await firstCause(laboratory, stack)
                #expect(cause.contains("CPU of Redis") && cause.contains(" of the 0.02 cores"), "\(cause)")
                #expect(try laboratory.read("report.md").contains("CPU quota of redis: 0.02 cores, enforced"))
            }
        }

        @Test func aRedisThatScriptsKeepBusy() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Self.definition(backend: "redis", limit: "p50 > 40ms for 2s", users: 20))
                let cause = try await firstCause(laboratory, "local") { _ in
                    try await laboratory.waitForLoad("01-made", seconds: 6)
                    let redis = try #require(laboratory.services()["redis"], "Redis runs")
                    try keepBusy(port: Self.port(ofRedis: redis), until: { kill(redis, 0) != 0 })
                }
                #expect(cause.contains("CPU of Redis") || cause.contains("Redis, which was slow"), "\(cause)")
            }
        }

        @Test(.enabled(if: Starvation.isPossible, "needs a writable CPU control group"), arguments: stacks)
        func aGeneratorThatGetsNoCPU(stack: String) async throws {
            try await on(stack) { laboratory in
                try laboratory.write(
                    "1.yaml", Self.definition(backend: "redis", limit: "p95 > 30ms for 2s", users: 200))
                let cause = try await firstCause(laboratory, stack) { program in
                    try await laboratory.waitForLoad("01-made", seconds: 6)
                    let starvation = try Starvation(program, cores: 0.02)
                    defer { starvation.end() }
                    // All of the second stage, whose samples come late.
                    try await laboratory.waitForLoad("01-made", seconds: 15)
                }
                #expect(cause.contains("load generator, not the application"), "\(cause)")
            }
        }

        /// A stage that every stack bears, and one that is too much for the bottleneck.
        private static func definition(
            backend: String, replicas: Int = 1, sizes: String = "", limit: String = "error_rate > 1% for 2s",
            users: Int, think: String = "50ms..150ms"
        ) -> String {
            """
            name: made
            title: "made"
            stack:
              backend: \(backend)
              replicas: \(replicas)
              balancer: \(replicas > 1 ? "round_robin" : "none")
              \(sizes)
              dataset: { users: 200, products: 100, orders: 5000, seed: 7 }
            load:
              tasks:
            \(Definition.mix)
              think_time: \(think)
              ramp: [{ users: 3, spawn_rate: 10/s, hold: 4s }, { users: \(users), spawn_rate: 100/s, hold: 6s }]
              timeout: 2s
            limits: ["\(limit)"]
            """
        }

        private func on(_ stack: String, _ body: (Laboratory) async throws -> Void) async throws {
            try await Laboratory.with { laboratory in
                var laboratory = laboratory
                if stack == "compose" { laboratory.engine = Engine.environment }
                try await body(laboratory)
            }
        }

        /// What the report calls the first cause, in its own words.
        private func firstCause(
            _ laboratory: Laboratory, _ stack: String,
            during: @Sendable @escaping (Int32) async throws -> Void = { _ in }
        ) async throws -> String {
            let ending = try await laboratory.storelab(
                ["run", "experiments", "--output", "output", "--stack", stack], during: during)
            #expect(ending.code == 0, "\(ending.errors)")
            let report = try laboratory.read("report.md")
            let isNamedInFrench = try laboratory.read("rapport.md").contains("Première cause")
            let section = report.components(separatedBy: "### Why it broke").dropFirst().first ?? ""
            let cause = section.split(separator: "\n").first { $0.contains("First cause:") }
            #expect(isNamedInFrench, "\(section.prefix(3000))")
            return cause.map(String.init) ?? "none named:\n\(section.prefix(3000))"
        }

        private static func port(ofRedis process: Int32) throws -> UInt16 {
            let text = try String(contentsOfFile: "/proc/\(process)/cwd/redis.conf", encoding: .utf8)
            let line = text.split(separator: "\n").first { $0.hasPrefix("port ") }
            return try #require(line.flatMap { UInt16($0.dropFirst("port ".count)) })
        }

        /// Runs one long script after the other.
        private func keepBusy(port: UInt16, until isOver: () -> Bool) throws {
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
