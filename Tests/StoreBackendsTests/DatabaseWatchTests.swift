import StoreBackends
import Synchronization
import TestSupport
import Testing

@Suite(.timed, .serialized, .onServers, WithServers(), .timeLimit(.minutes(10)))
struct DatabaseWatchTests {
    private let servers: Servers

    init() throws {
        servers = try #require(Servers.current)
    }

    /// Watches until `isEnough` says so of all lines so far.
    private func watch(
        mysql: MySQLConfiguration? = nil, redis: RedisConfiguration?,
        until isEnough: @escaping @Sendable ([String]) -> Bool
    ) async throws -> [String] {
        let lines = Lines()
        try await DatabaseWatch(mysql: mysql ?? servers.mysql, redis: redis) { line in
            !isEnough(lines.append(line))
        }.run()
        return lines.all
    }

    /// The last line of a program that starts so, as names and values.
    private func last(_ program: String, of lines: [String]) throws -> [String: Int] {
        let line = try #require(lines.last { $0.hasPrefix(program + " ") })
        let pairs = line.split(separator: " ").dropFirst().map { $0.split(separator: "=") }
        return Dictionary(pairs.map { (String($0[0]), Int($0[1]) ?? -1) }) { $1 }
    }

    private static func hasBoth(_ lines: [String]) -> Bool {
        ["mysql ", "redis "].allSatisfy { program in lines.contains { $0.hasPrefix(program) } }
    }

    @Test func aLineOfEachSaysHowItDoes() async throws {
        let lines = try await watch(redis: servers.redis, until: Self.hasBoth)
        let mysql = try last("mysql", of: lines)
        #expect(
            Set(mysql.keys) == [
                "Threads_connected", "Threads_running", "Connection_errors_max_connections", "Aborted_connects",
                "Aborted_clients", "Innodb_row_lock_waits", "Innodb_row_lock_time", "Slow_queries", "Questions",
                "max_connections", "answer_us",
            ])
        #expect(try #require(mysql["max_connections"]) >= 10)
        #expect(try #require(mysql["Threads_connected"]) >= 1)
        let redis = try last("redis", of: lines)
        #expect(
            Set(redis.keys) == [
                "connected_clients", "maxclients", "rejected_connections", "total_commands_processed", "answer_us",
            ])
        #expect(try #require(redis["connected_clients"]) >= 1)
        #expect(mysql.values.allSatisfy { $0 >= 0 } && redis.values.allSatisfy { $0 >= 0 })
    }

    @Test func withoutRedisOnlyMySQLIsWatched() async throws {
        let lines = try await watch(redis: nil) { $0.count == 2 }
        #expect(lines.allSatisfy { $0.hasPrefix("mysql ") })
    }

    @Test func withoutMySQLOnlyRedisIsWatched() async throws {
        let lines = Lines()
        try await DatabaseWatch(mysql: nil, redis: servers.redis) { lines.append($0).count < 2 }.run()
        #expect(lines.all.allSatisfy { $0.hasPrefix("redis connected_clients=") })
    }

    /// A wrong password says nothing of how fast a database answers.
    @Test func whoIsNotLetInSaysSoAndAsksNoMore() async throws {
        var stranger = servers.mysql
        stranger.user = "nobody"
        stranger.password = "wrong"
        let lines = try await watch(mysql: stranger, redis: nil) { $0.count == 3 }
        #expect(lines == ["mysql denied", "mysql denied", "mysql denied"])
    }

    @Test func whereNobodyListensIsSaidAndNoMore() async throws {
        var nowhere = servers.mysql
        nowhere.port = 1
        let lines = try await watch(mysql: nowhere, redis: .init(host: "127.0.0.1", port: 1), until: Self.hasBoth)
        #expect(try last("mysql", of: lines).keys.sorted() == ["unanswered_us"])
        #expect(try last("redis", of: lines).keys.sorted() == ["unanswered_us"])
    }

    @Test func aDatabaseThatComesBackIsWatchedAgain() async throws {
        let restart = Mutex<Task<Void, any Error>?>(nil)
        let lines = try await watch(redis: servers.redis) { lines in
            let redis = lines.filter { $0.hasPrefix("redis ") }
            if !redis.isEmpty {
                restart.withLock { if $0 == nil { $0 = Task { try await servers.processes.crashRedis(servers) } } }
            }
            return redis.contains { $0.contains("unanswered_us=") } && redis.last?.contains(" answer_us=") == true
        }
        try await restart.withLock { $0 }?.value
        #expect(lines.filter { $0.hasPrefix("mysql ") }.allSatisfy { $0.contains(" answer_us=") })
    }

    /// The last test: it leaves the server full.
    @Test func whoCameInBeforeStillLearnsThatThereIsNoPlace() async throws {
        let log = servers.folder + "/clients.log"
        let client = [
            "mariadb", "--no-defaults", "--user=root", "--protocol=tcp", "--host=127.0.0.1",
            "--port=\(servers.mysql.port)", "--execute",
        ]
        #expect(try await Child(client + ["SET GLOBAL max_connections = 10"], log: log).wait() == 0)
        let clients = Mutex<[Child]>([])
        defer { for child in clients.withLock({ $0 }) { child.kill() } }
        let late = Mutex<Task<[String], any Error>?>(nil)
        let isOver = Mutex(false)
        let comeLate: @Sendable () async throws -> [String] = {
            defer { isOver.withLock { $0 = true } }
            return try await watch(redis: nil) { _ in true }
        }
        let lines = try await watch(redis: nil) { lines in
            clients.withLock { children in
                guard children.isEmpty else { return }
                // Beside the watch there is place for nine, and for one more who is root.
                children = (1...11).compactMap { _ in try? Child(client + ["SELECT SLEEP(60)"], log: log) }
            }
            guard lines.last?.contains("Threads_connected=11 ") == true else { return false }
            late.withLock { if $0 == nil { $0 = Task(operation: comeLate) } }
            return isOver.withLock { $0 }
        }
        #expect(try last("mysql", of: lines)["max_connections"] == 10)
        let refused = try #require(try await late.withLock { $0 }?.value)
        #expect(try last("mysql", of: refused).keys.sorted() == ["unanswered_us"])
    }
}

private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    func append(_ line: String) -> [String] {
        lines.withLock { lines in
            lines.append(line)
            return lines
        }
    }

    var all: [String] { lines.withLock { $0 } }
}
