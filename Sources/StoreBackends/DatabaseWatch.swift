import NIOPosix

/// Asks the databases once a second how they do, over a connection of its own to each, which it keeps: at a database that
/// takes no more connections, one that came in before still learns so.
package struct DatabaseWatch: Sendable {
    private var mysql: MySQLConfiguration?
    private var redis: RedisConfiguration?
    private let print: @Sendable (String) -> Bool

    /// What MySQL and MariaDB both count (MySQL reference manual, "Server Status Variables").
    private static let status = [
        "Threads_connected", "Threads_running", "Connection_errors_max_connections", "Aborted_connects",
        "Aborted_clients", "Innodb_row_lock_waits", "Innodb_row_lock_time", "Slow_queries", "Questions",
    ]
    private static let info = ["connected_clients", "maxclients", "rejected_connections", "total_commands_processed"]
    private static let period = 1000

    /// - Parameters:
    ///   - mysql: nil to watch Redis alone.
    ///   - redis: nil to watch MySQL alone.
    ///   - print: takes lines such as `mysql Threads_connected=12 answer_us=310`, or `mysql unanswered_us=42` where there was no
    ///     answer, or `mysql denied` where it does not let us in, and says whether anyone reads on. It is called from two
    ///     threads.
    package init(
        mysql: MySQLConfiguration?, redis: RedisConfiguration?, print: @escaping @Sendable (String) -> Bool
    ) {
        self.mysql = mysql
        self.mysql?.timeoutSeconds = 5
        self.redis = redis
        self.redis?.timeoutSeconds = 5
        self.print = print
    }

    /// Watches both until nobody reads on.
    package func run() async throws {
        // Threads of its own: the process's pool has but one on a machine with one core.
        let threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
        async let mysql: Void = threads.runIfActive { watchMySQL() }
        async let redis: Void = threads.runIfActive { watchRedis() }
        _ = try await (mysql, redis)
        try await threads.shutdownGracefully()
    }

    private func watchMySQL() {
        guard let mysql else { return }
        watch("mysql", connect: { try MySQLConnection(mysql, database: nil) }) { connection in
            let names = Self.status.map { "'\($0)'" }.joined(separator: ",")
            let rows =
                try connection.query("SHOW GLOBAL STATUS WHERE Variable_name IN (\(names))").rows
                + connection.query("SHOW GLOBAL VARIABLES WHERE Variable_name = 'max_connections'").rows
            return try rows.map { "\(try $0.text(0))=\(try $0.text(1))" }
        }
    }

    private func watchRedis() {
        guard let redis else { return }
        watch("redis", connect: { try RedisConnection(redis) }) { connection in
            let text = try connection.command("INFO").text ?? ""
            return text.split(whereSeparator: \.isNewline).compactMap { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, Self.info.contains(String(parts[0])) else { return nil }
                return "\(parts[0])=\(parts[1])"
            }
        }
    }

    private func watch<Connection: PooledConnection>(
        _ name: String, connect: () throws -> Connection, ask: (Connection) throws -> [String]
    ) {
        var connection: Connection?
        defer { connection?.close() }
        var isDenied = false
        while true {
            let began = MonotonicClock.microseconds()
            let line: String
            do {
                // Asking again would only fill its log, and its count of clients that did not come in.
                if isDenied { throw Denied() }
                let current = try connection ?? connect()
                let asked = connection == nil ? MonotonicClock.microseconds() : began
                connection = current
                let values = try ask(current)
                let took = MonotonicClock.microseconds() - asked
                line = ([name] + values + ["answer_us=\(took)"]).joined(separator: " ")
            } catch {
                connection?.close()
                connection = nil
                isDenied = isDenied || Self.isDenied(error)
                line =
                    isDenied
                    ? "\(name) denied" : "\(name) unanswered_us=\(MonotonicClock.microseconds() - began)"
            }
            guard print(line) else { return }
            let passed = (MonotonicClock.microseconds() - began) / 1000
            MonotonicClock.pause(milliseconds: max(10, Self.period - passed))
        }
    }

    private struct Denied: Error {}

    /// A wrong password or user, or a way of identifying oneself that this client does not know.
    private static func isDenied(_ error: any Error) -> Bool {
        if let error = error as? MySQLError { return [1045, 1130, 1251, 1698, 2059, 2061].contains(error.code) }
        let message = (error as? RedisError)?.message ?? ""
        return ["NOAUTH", "WRONGPASS", "NOPERM", "ERR AUTH", "ERR invalid password"].contains(where: message.hasPrefix)
    }
}
