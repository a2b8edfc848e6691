import Glibc
import StoreBackends
import Testing

/// A MariaDB and a Redis of the test's own, with their data in a folder that goes when they do.
struct Servers: Sendable {
    var mysql: MySQLConfiguration
    var redis: RedisConfiguration

    @TaskLocal static var current: Servers?

    /// Starts both, runs `body`, and stops them, whatever happens.
    static func with(_ body: @Sendable () async throws -> Void) async throws {
        var template = Array("/tmp/store-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(message: "cannot create a temporary folder") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var children: [Child] = []
        defer {
            for child in children.reversed() { child.stop() }
            if let remover = try? Child(["rm", "-rf", folder], log: "/dev/null") { _ = remover.wait() }
        }
        let installer = try Child(
            [
                "mariadb-install-db", "--no-defaults", "--datadir=\(folder)/mysql", "--user=\(userName)",
                "--auth-root-authentication-method=normal", "--skip-test-db", "--force",
                // Two installations at once would drop each other's temporary tables.
                "--tmpdir=\(folder)",
            ], log: "\(folder)/install.log")
        guard installer.wait() == 0 else { throw installer.failure("failed") }
        let (mysql, mysqlPort) = try await Child.server { port in
            let child = try Child(
                [
                    "mariadbd", "--no-defaults", "--user=\(userName)", "--datadir=\(folder)/mysql",
                    "--socket=\(folder)/mysql.sock", "--port=\(port)", "--bind-address=127.0.0.1",
                    "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0",
                ], log: "\(folder)/mysql.log")
            return (child, "\(folder)/mysql.sock")
        }
        children.append(mysql)
        let (redis, redisPort) = try await Child.server { port in
            let child = try Child(
                [
                    "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--dir", folder,
                    "--unixsocket", "\(folder)/redis.sock",
                ], log: "\(folder)/redis.log")
            return (child, "\(folder)/redis.sock")
        }
        children.append(redis)
        let servers = Servers(
            mysql: .init(
                host: "127.0.0.1", port: mysqlPort, user: "root", password: "", database: "store_tests"),
            redis: .init(host: "127.0.0.1", port: redisPort))
        try await $current.withValue(servers) { try await body() }
    }

    struct Failure: Error {
        var message: String
    }

    private static var userName: String {
        guard let entry = getpwuid(geteuid()) else { return "root" }
        return String(cString: entry.pointee.pw_name)
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
