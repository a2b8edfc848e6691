/// Where MySQL is and how many connections to it there may be.
package struct MySQLConfiguration: Sendable, Equatable {
    package var host: String
    package var port: Int
    package var user: String
    package var password: String
    package var database: String

    package init(host: String, port: Int, user: String, password: String, database: String) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
    }
}

package struct RedisConfiguration: Sendable, Equatable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// Where the reports are read from. Writes always go to MySQL and are mirrored into Redis where there is one.
package enum ReportMode: String, Sendable, CaseIterable {
    /// Aggregated in SQL at each call.
    case mysql
    /// Read from sorted sets that every order keeps up to date.
    case redis
    /// Summed from every order's hash at each call.
    case redisScan = "redis-scan"
}

package struct BackendConfiguration: Sendable, Equatable {
    package var mode: ReportMode
    package var mysql: MySQLConfiguration
    /// nil switches Redis off; only the mode `mysql` can do without.
    package var redis: RedisConfiguration?
    /// Connections to each database.
    package var poolSize: Int

    package init(mode: ReportMode, mysql: MySQLConfiguration, redis: RedisConfiguration?, poolSize: Int = 8) {
        self.mode = mode
        self.mysql = mysql
        self.redis = redis
        self.poolSize = poolSize
    }
}
