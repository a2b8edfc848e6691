/// Where MySQL is and how to come in.
package struct MySQLConfiguration: Sendable, Equatable {
    /// Or the path of its Unix socket; then the port says nothing.
    package var host: String
    package var port: Int
    package var user: String
    package var password: String
    package var database: String
    package var encryption = MySQLEncryption.off
    /// File of certificates that sign the server's; nil for those of the system.
    package var certificateAuthority: String?
    /// The longest wait for an answer. InnoDB gives up a wait for a lock after 5 s by itself.
    package var timeoutSeconds = 10

    package init(host: String, port: Int, user: String, password: String, database: String) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
    }
}

package enum MySQLEncryption: String, Sendable, CaseIterable {
    case off
    /// Encrypted, whoever the server is; where an authority is named, its certificate must be of that.
    case required
    /// Encrypted, and the server shows a certificate of its host name that a known authority has signed.
    case verified
}

package struct RedisConfiguration: Sendable, Equatable {
    /// Or the path of its Unix socket; then the port says nothing.
    package var host: String
    package var port: Int
    /// nil for Redis's user `default`.
    package var user: String?
    /// nil where Redis asks for none.
    package var password: String?
    /// The longest wait for an answer.
    package var timeoutSeconds = 2

    package init(host: String, port: Int, user: String? = nil, password: String? = nil) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
    }
}

/// Where the reports are read from. Writes always go to MySQL and are mirrored into Redis where there is one.
package enum ReportReads: String, Sendable, CaseIterable {
    /// Aggregated in SQL at each call.
    case mysql
    /// Read from sorted sets that every order keeps up to date.
    case redis
    /// Summed from every order's hash at each call.
    case redisScan = "redis-scan"
}

/// What a report in the modes of Redis is answered with while Redis cannot give it.
package enum ReportFallback: String, Sendable, CaseIterable {
    /// 503, so that who measures Redis measures nothing else.
    case none
    /// MySQL's own figures; `store_report_fallbacks_total` counts them.
    case mysql
}

/// How an order learns the prices of its products. Its transaction makes sure that they still hold.
package enum PriceReads: String, Sendable, CaseIterable {
    /// As they were last read.
    case remembered
    /// By one query for all of its products.
    case perOrder = "per-order"
    /// By a query for each of its products (N+1), so that the cost of that can be measured.
    case perProduct = "per-product"
}

package struct BackendConfiguration: Sendable, Equatable {
    package var mode: ReportReads
    package var mysql: MySQLConfiguration
    /// nil switches Redis off; only the mode `mysql` can do without.
    package var redis: RedisConfiguration?
    /// Connections to each database; with Redis there is one more to each that looks after the mirror.
    package var poolSize: Int
    package var fallback = ReportFallback.none
    package var prices = PriceReads.remembered
    /// False refuses orders of more than there is in stock.
    package var allowsBackOrders = true

    package init(mode: ReportReads, mysql: MySQLConfiguration, redis: RedisConfiguration?, poolSize: Int = 8) {
        self.mode = mode
        self.mysql = mysql
        self.redis = redis
        self.poolSize = poolSize
    }
}
