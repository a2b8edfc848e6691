import Glibc
import StoreBackends

/// Several processes of the store over the same databases, as they are deployed.
final class StoreFleet {
    private(set) var ports: [Int] = []
    private var children: [Child] = []
    private let servers: Servers

    /// The folder of this test's executable, where the program was built too.
    private static var program: String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let text = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/store"
    }

    /// - Parameter modes: one process for each.
    init(_ modes: [ReportReads], over servers: Servers) async throws {
        self.servers = servers
        for mode in modes {
            var attempts = 0
            while true {
                let port = Int.random(in: 20_000..<32_000)
                let child = try start(mode, port: port)
                if await Self.answers(port), child.isRunning {
                    ports.append(port)
                    children.append(child)
                    break
                }
                child.stop()
                attempts += 1
                guard attempts < 5 else { throw child.failure("did not start") }
            }
        }
    }

    private func start(_ mode: ReportReads, port: Int) throws -> Child {
        try Child(
            [
                Self.program, "serve", "--port", "\(port)", "--backend", mode.rawValue, "--mysql-host", "127.0.0.1",
                "--mysql-port", "\(servers.mysql.port)", "--mysql-user", servers.mysql.user, "--mysql-database",
                servers.mysql.database, "--redis-host", "127.0.0.1", "--redis-port", "\(servers.redis.port)",
            ], log: "\(servers.folder)/store-\(port).log")
    }

    private static func answers(_ port: Int) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if HTTPClient(port: port).ask("GET", "/health-check")?.status == 200 { return true }
            guard (try? await ContinuousClock().sleep(for: .milliseconds(10))) != nil else { return false }
        }
        return false
    }

    /// Kills a store with SIGKILL and starts another in its place.
    func crash(_ index: Int, as mode: ReportReads) async throws {
        children[index].kill()
        children[index] = try start(mode, port: ports[index])
        guard await Self.answers(ports[index]) else { throw children[index].failure("did not start again") }
    }

    func stop() {
        for child in children { child.stop() }
    }
}
