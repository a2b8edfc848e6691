import Glibc
import StoreBackends
import Synchronization
import Testing

/// A MariaDB and a Redis of the test's own, with their data in a folder that goes when they do.
struct Servers: Sendable {
    var mysql: MySQLConfiguration
    var redis: RedisConfiguration
    /// Where they live.
    var folder: String
    var processes: ServerProcesses

    /// MariaDB's own client at the stores' database, as root.
    var clientCommand: [String] {
        [
            "mariadb", "--no-defaults", "--user=root", "--protocol=tcp", "--host=127.0.0.1", "--port=\(mysql.port)",
            mysql.database,
        ]
    }

    @TaskLocal static var current: Servers?

    /// Starts both, runs `body`, and stops them, whatever happens.
    static func with(_ body: @Sendable () async throws -> Void) async throws {
        var template = Array("/tmp/store-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(message: "cannot create a temporary folder") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { Child.runToEnd(["rm", "-rf", folder]) }
        let installer = try Child(
            [
                "mariadb-install-db", "--no-defaults", "--datadir=\(folder)/mysql", "--user=\(userName)",
                "--auth-root-authentication-method=normal", "--skip-test-db", "--force",
                // Two installations at once would drop each other's temporary tables.
                "--tmpdir=\(folder)",
            ], log: "\(folder)/install.log")
        guard await installer.wait() == 0 else { throw installer.failure("failed") }
        let (mysql, mysqlPort) = try await Child.server { port in
            (try startMySQL(folder, port), "\(folder)/mysql.sock")
        }
        let (redis, redisPort) = try await Child.server { port in
            (try startRedis(folder, port), "\(folder)/redis.sock")
        }
        let processes = ServerProcesses(mysql: mysql, redis: redis)
        defer { processes.stop() }
        let servers = Servers(
            mysql: .init(
                host: "127.0.0.1", port: mysqlPort, user: "root", password: "", database: "store_tests"),
            redis: .init(host: "127.0.0.1", port: redisPort), folder: folder, processes: processes)
        try await $current.withValue(servers) { try await body() }
    }

    /// As they are deployed: what is acknowledged is on the disk.
    static func startMySQL(_ folder: String, _ port: Int, _ options: [String] = []) throws -> Child {
        try Child(
            [
                "mariadbd", "--no-defaults", "--user=\(userName)", "--datadir=\(folder)/mysql",
                "--socket=\(folder)/mysql.sock", "--port=\(port)", "--bind-address=127.0.0.1",
                "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=1",
            ] + options, log: "\(folder)/mysql.log")
    }

    static func startRedis(_ folder: String, _ port: Int) throws -> Child {
        try Child(
            [
                "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--dir", folder,
                "--unixsocket", "\(folder)/redis.sock",
            ], log: "\(folder)/redis.log")
    }

    struct Failure: Error {
        var message: String
    }

    private static var userName: String {
        guard let entry = getpwuid(geteuid()) else { return "root" }
        return String(cString: entry.pointee.pw_name)
    }
}

/// The two programs, which a test may kill and start again.
final class ServerProcesses: Sendable {
    private let children: Mutex<(mysql: Child, redis: Child)>

    init(mysql: Child, redis: Child) {
        children = Mutex((mysql: mysql, redis: redis))
    }

    func stop() {
        let children = children.withLock { $0 }
        children.redis.stop()
        children.mysql.stop()
    }

    /// Kills MySQL with SIGKILL and starts it again on what it left on the disk. Returns when it listens.
    /// - Parameter options: of the new process.
    func crashMySQL(_ servers: Servers, options: [String] = []) async throws {
        children.withLock { $0.mysql }.kill()
        let child = try Servers.startMySQL(servers.folder, servers.mysql.port, options)
        children.withLock { $0.mysql = child }
        try await child.waitFor(socket: "\(servers.folder)/mysql.sock")
    }

    /// Stops the time of Redis while `body` runs.
    func withPausedRedis<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        children.withLock { $0.redis }.pause(true)
        defer { children.withLock { $0.redis }.pause(false) }
        return try await body()
    }

    /// Kills Redis, which loses all, and starts it again.
    func crashRedis(_ servers: Servers) async throws {
        children.withLock { $0.redis }.kill()
        let child = try Servers.startRedis(servers.folder, servers.redis.port)
        children.withLock { $0.redis = child }
        try await child.waitFor(socket: "\(servers.folder)/redis.sock")
    }
}

/// Starts the servers once for a whole suite.
struct WithServers: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await Servers.with(function)
    }
}
