import StoreServer

/// Brings both databases to the beginning of an experiment: the schema anew, then the same rows in each.
package struct DatasetLoader: Sendable {
    private var mysql: MySQLConfiguration
    private var redis: RedisConfiguration?

    /// Seconds that one answer of a database may take.
    private static let patience = 600

    package init(mysql: MySQLConfiguration, redis: RedisConfiguration?) {
        self.mysql = mysql
        // One statement may build the statistics of millions of rows, and a database with a small CPU quota is slow.
        self.mysql.timeoutSeconds = Self.patience
        self.redis = redis
        self.redis?.timeoutSeconds = Self.patience
    }

    /// Deletes what the schema's tables and Redis's database hold. Stores may be running: from the first moment to the
    /// last there is no mirror for them, and none of them begins to fill it.
    /// - Parameter schema: SQL that drops and creates the tables.
    package func load(_ dataset: Dataset, schema: String) async throws {
        guard let redis else { return try await fillMySQL(dataset, schema: schema) }
        for _ in 1..<Self.attempts {
            do {
                return try await load(dataset, schema: schema, redis)
            } catch MirrorError.lockLost {
                // The machine held us up for longer than the lock lives. All begins anew, since others may have filled.
            }
        }
        try await load(dataset, schema: schema, redis)
    }

    private static let attempts = 3

    private func load(_ dataset: Dataset, schema: String, _ redis: RedisConfiguration) async throws {
        let connection = try await onThread { try RedisConnection(redis) }
        defer { connection.close() }
        let begun = try await onThread { try MirrorFilling.seize(on: connection) }
        let filled = try await withThrowingTaskGroup(of: MirrorFilling?.self) { group in
            group.addTask {
                try await fillMySQL(dataset, schema: schema)
                return nil
            }
            group.addTask {
                try await onThread {
                    var filling = begun
                    try filling.add(dataset)
                    return filling
                }
            }
            let first = try await group.next() ?? nil
            guard let first else { return try await group.next() ?? nil }
            group.addTask { try await Self.hold(first) }
            _ = try await group.next()
            group.cancelAll()
            return first
        }
        try await onThread {
            var filling = filled
            try filling?.finish()
        }
    }

    /// Keeps the lock of a mirror that waits for MySQL's rows, until it is cancelled.
    private static func hold(_ filling: MirrorFilling) async throws -> MirrorFilling? {
        while !Task.isCancelled {
            try await onThread { try filling.renew() }
            try? await Task.sleep(for: .seconds(1))
        }
        return nil
    }

    private func fillMySQL(_ dataset: Dataset, schema: String) async throws {
        try await onThread {
            let connection = try connectCreatingDatabase()
            defer { connection.close() }
            try MySQLFiller(connection: connection).fill(dataset, schema: schema)
        }
    }

    /// Number of orders in MySQL.
    package func orderCount() async throws -> Int {
        try await onThread {
            let connection = try MySQLConnection(mysql, database: mysql.database)
            defer { connection.close() }
            return try connection.orderCount()
        }
    }

    private func connectCreatingDatabase() throws -> MySQLConnection {
        do {
            return try MySQLConnection(mysql, database: mysql.database)
        } catch let error as MySQLError where error.code == MySQLError.unknownDatabase {
            let connection = try MySQLConnection(mysql, database: nil)
            let name = mysql.database.split(separator: "`", omittingEmptySubsequences: false).joined(separator: "``")
            try connection.execute("CREATE DATABASE `\(name)` CHARACTER SET utf8mb4; USE `\(name)`")
            return connection
        }
    }
}
