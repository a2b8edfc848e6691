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
            if let remover = try? Child(["rm", "-rf", folder]) { _ = remover.wait() }
        }
        let installed = try Child([
            "mariadb-install-db", "--no-defaults", "--datadir=\(folder)/mysql", "--user=\(userName)",
            "--auth-root-authentication-method=normal", "--skip-test-db", "--force",
        ]).wait()
        guard installed == 0 else { throw Failure(message: "mariadb-install-db gave \(installed)") }
        let (mysqlPort, redisPort) = (try freePort(), try freePort())
        children.append(
            try Child([
                "mariadbd", "--no-defaults", "--user=\(userName)", "--datadir=\(folder)/mysql",
                "--socket=\(folder)/mysql.sock", "--port=\(mysqlPort)", "--bind-address=127.0.0.1",
                "--skip-name-resolve",
                "--innodb-flush-log-at-trx-commit=0",
            ]))
        children.append(
            try Child([
                "redis-server", "--port", "\(redisPort)", "--bind", "127.0.0.1", "--save", "", "--dir", folder,
            ]))
        let servers = Servers(
            mysql: .init(host: "127.0.0.1", port: mysqlPort, user: "root", password: "", database: "store_tests"),
            redis: .init(host: "127.0.0.1", port: redisPort))
        try await servers.waitUntilReady()
        try await $current.withValue(servers) { try await body() }
    }

    struct Failure: Error {
        var message: String
    }

    private func waitUntilReady() async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(20)
        while true {
            do {
                return try await DatasetLoader(mysql: mysql, redis: redis).load(.course, schema: "DO 0")
            } catch  where clock.now < deadline && "\(error)".contains("connect") {
                try await clock.sleep(for: .milliseconds(20))
            } catch  where "\(error)".contains("1146") {
                return  // Ready: it has no tables yet.
            } catch  where "\(error)".contains("refused") && clock.now < deadline {
                try await clock.sleep(for: .milliseconds(20))
            }
        }
    }

    private static var userName: String {
        guard let entry = getpwuid(geteuid()) else { return "root" }
        return String(cString: entry.pointee.pw_name)
    }

    private static func freePort() throws -> Int {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(socket, generic, length) == 0 ? getsockname(socket, generic, &length) : -1
            }
        }
        guard status == 0 else { throw Failure(message: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// A program with its output thrown away.
private struct Child {
    private let id: pid_t

    init(_ arguments: [String]) throws {
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        // The threads of the runtime block signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var id = pid_t()
        let status = posix_spawn(&id, Self.path(of: arguments[0]), &actions, &attributes, pointers, environ)
        guard status == 0 else {
            throw Servers.Failure(message: "cannot start \(arguments[0]): \(String(cString: strerror(status)))")
        }
        self.id = id
    }

    /// Servers live in folders that only root's PATH names.
    private static func path(of program: String) -> String {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin", "/bin"]
        return folders.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 } ?? program
    }

    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) == -1 && errno == EINTR {}
        return status
    }

    func stop() {
        kill(id, SIGTERM)
        _ = wait()
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
