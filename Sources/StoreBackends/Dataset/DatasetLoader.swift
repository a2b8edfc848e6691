import StoreServer

/// Brings both databases to the beginning of an experiment: the schema anew, then the same rows in each.
package struct DatasetLoader: Sendable {
    private let mysql: MySQLConfiguration
    private let redis: RedisConfiguration?

    package init(mysql: MySQLConfiguration, redis: RedisConfiguration?) {
        self.mysql = mysql
        self.redis = redis
    }

    /// Deletes what the schema's tables and Redis's database 0 hold.
    /// - Parameter schema: SQL that drops and creates the tables.
    package func load(_ dataset: Dataset, schema: String) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await onThread {
                    let connection = try connectCreatingDatabase()
                    defer { connection.close() }
                    try MySQLFiller(connection: connection).fill(dataset, schema: schema)
                }
            }
            if let redis {
                group.addTask {
                    try await onThread {
                        let connection = try RedisConnection(redis)
                        defer { connection.close() }
                        try RedisFiller(connection: connection).fill(dataset)
                    }
                }
            }
            try await group.waitForAll()
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
