import Model

/// Reads the lines of `store watch`.
package struct DatabaseLines: Sendable {
    let database: String?
    let cache: String?

    /// - Parameters:
    ///   - database: the component's name; nil where there is none.
    ///   - cache: likewise.
    package init(database: String?, cache: String?) {
        self.database = database
        self.cache = cache
    }

    /// Unknown lines and keys say nothing.
    package func take(_ line: some StringProtocol, to board: SignalBoard) {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard let program = words.first else { return }
        let pairs = words.dropFirst().compactMap { word -> (String, Double)? in
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let value = Double(parts[1]) else { return nil }
            return (String(parts[0]), value)
        }
        let values = Dictionary(pairs) { $1 }
        if program == "mysql", let database { mysql(values, of: database, to: board) }
        if program == "redis", let cache { redis(values, of: cache, to: board) }
    }

    private func mysql(_ values: [String: Double], of name: String, to board: SignalBoard) {
        post(values["Threads_connected"], .mysqlConnections, of: name, to: board)
        // The watcher's own question is one of them.
        post(values["Threads_running"].map { max(0, $0 - 1) }, .mysqlRunning, of: name, to: board)
        count(values["Connection_errors_max_connections"], .mysqlRefused, of: name, to: board)
        let aborted = values["Aborted_connects"].map { $0 + (values["Aborted_clients"] ?? 0) }
        count(aborted, .mysqlAborted, of: name, to: board)
        count(values["Innodb_row_lock_waits"], .mysqlLockWaits, of: name, to: board)
        count(values["Innodb_row_lock_time"].map { $0 / 1000 }, .mysqlLockTime, of: name, to: board)
        count(values["Slow_queries"], .mysqlSlow, of: name, to: board)
        count(values["Questions"], .mysqlQueries, of: name, to: board)
        post(answerTime(values), .mysqlAnswer, of: name, to: board)
        if let limit = values["max_connections"] { board.setLimit(limit, .mysqlConnections, of: name) }
    }

    private func redis(_ values: [String: Double], of name: String, to board: SignalBoard) {
        post(values["connected_clients"], .redisClients, of: name, to: board)
        count(values["rejected_connections"], .redisRefused, of: name, to: board)
        count(values["total_commands_processed"], .redisCommands, of: name, to: board)
        post(answerTime(values), .redisAnswer, of: name, to: board)
        if let limit = values["maxclients"] { board.setLimit(limit, .redisClients, of: name) }
    }

    /// The time to an answer, or to giving up on one.
    private func answerTime(_ values: [String: Double]) -> Seconds? {
        (values["answer_us"] ?? values["unanswered_us"]).map { $0 / 1_000_000 }
    }

    private func post(_ value: Double?, _ kind: SignalKind, of name: String, to board: SignalBoard) {
        if let value { board.post(kind, of: name, .value(value)) }
    }

    private func count(_ value: Double?, _ kind: SignalKind, of name: String, to board: SignalBoard) {
        if let value { board.post(kind, of: name, .counter(value)) }
    }
}
