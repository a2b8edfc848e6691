import Glibc
package import Logging
package import StoreServer

/// The store over its two databases: MySQL holds the truth, Redis follows.
package final class DatabaseStore: Store {
    let mysql: ConnectionPool<MySQLConnection>
    let redis: ConnectionPool<RedisConnection>?
    private let reports: Reports
    private let metrics: StoreMetrics
    private let logger: Logger

    /// Attempts at a transaction that InnoDB rolls back.
    private static let attempts = 5

    /// Connects to nothing yet: a database that is down is answered for with `unavailable`.
    /// - Throws: `StoreError.invalid` when the mode needs Redis and there is none.
    package init(_ configuration: BackendConfiguration, metrics: StoreMetrics, logger: Logger) throws {
        // hiredis writes to its socket without MSG_NOSIGNAL: a lost connection must be an error, not the end.
        signal(SIGPIPE, SIG_IGN)
        let mysqlConfiguration = configuration.mysql
        mysql = ConnectionPool(.of(configuration.poolSize), metrics: metrics.mysqlPool) {
            try MySQLConnection(mysqlConfiguration, database: mysqlConfiguration.database) { error in
                metrics.mysqlErrors.increment(error.code)
            }
        }
        redis = configuration.redis.map { redisConfiguration in
            ConnectionPool(.of(configuration.poolSize), metrics: metrics.redisPool) {
                try RedisConnection(redisConfiguration)
            }
        }
        reports = try Reports(mode: configuration.mode, redis: redis)
        self.metrics = metrics
        self.logger = logger
    }

    /// Ends what is being done and closes the connections.
    package func close() async {
        await mysql.close()
        await redis?.close()
    }

    package func placeOrder(_ order: NewOrder) async throws -> Int {
        let placed = try await inMySQL { try $0.place(order) }
        await mirror(Mirror.place(placed))
        return placed.id
    }

    package func order(_ id: Int) async throws -> Order? {
        try await inMySQL { try $0.order(id) }
    }

    package func deleteOrder(_ id: Int) async throws -> Bool {
        guard let deleted = try await inMySQL({ try $0.deleteOrder(id) }) else { return false }
        await mirror(Mirror.delete(deleted))
        return true
    }

    package func addProduct(_ product: NewProduct) async throws -> Int {
        let id = try await inMySQL { try $0.addProduct(product) }
        await mirror(
            Mirror.addProduct(Product(id: id, name: product.name, sku: product.sku, price: product.price)))
        return id
    }

    package func product(_ id: Int) async throws -> Product? {
        try await inMySQL { try $0.product(id) }
    }

    package func deleteProduct(_ id: Int) async throws -> Bool {
        guard try await inMySQL({ try $0.deleteProduct(id) }) else { return false }
        await mirror(Mirror.deleteProduct(id))
        return true
    }

    package func addUser(_ user: NewUser) async throws -> Int {
        try await inMySQL { try $0.addUser(user) }
    }

    package func user(_ id: Int) async throws -> User? {
        try await inMySQL { try $0.user(id) }
    }

    package func deleteUser(_ id: Int) async throws -> Bool {
        guard let deleted = try await inMySQL({ try $0.deleteUser(id) }) else { return false }
        await mirror(Mirror.deleteUser(id, deleted))
        return true
    }

    package func setStock(of productID: Int, to quantity: Int) async throws -> StockChange {
        let (change, delta) = try await inMySQL { try $0.setStock(of: productID, to: quantity) }
        await mirror(Mirror.changeStock(by: delta))
        return change
    }

    package func stock(of productID: Int) async throws -> Int? {
        try await inMySQL { try $0.stock(of: productID) }
    }

    package func stockOverview() async throws -> [StockLine] {
        try await inMySQL { try $0.stockOverview() }
    }

    package func highestSpenders() async throws -> Report<Spender> {
        switch reports {
        case .mysql: Report(try await inMySQL { try $0.highestSpenders() })
        case .redis(let spenders, _): try await fromRedis { try await spenders.value() }
        case .scan(let redis): Report(try await fromRedis { try await redis.run { try $0.scannedHighestSpenders() } })
        }
    }

    package func bestSellers() async throws -> Report<BestSeller> {
        switch reports {
        case .mysql: Report(try await inMySQL { try $0.bestSellers() })
        case .redis(_, let sellers): try await fromRedis { try await sellers.value() }
        case .scan(let redis): Report(try await fromRedis { try await redis.run { try $0.scannedBestSellers() } })
        }
    }

    /// Number of orders in MySQL.
    package func orderCount() async throws -> Int {
        try await inMySQL { try $0.orderCount() }
    }

    /// Runs `body` with a connection, again where InnoDB gave it up, and turns errors into what a client is told.
    func inMySQL<Value: Sendable>(
        _ body: @escaping @Sendable (MySQLConnection) throws -> Value
    ) async throws -> Value {
        do {
            return try await mysql.run { [metrics] connection in
                for attempt in 1..<Self.attempts {
                    do {
                        return try body(connection)
                    } catch let error as MySQLError where error.isRetryable {
                        metrics.orderRetries.increment()
                        usleep(UInt32.random(in: 0...(2_000 << UInt32(attempt))))
                    }
                }
                return try body(connection)
            }
        } catch let error as MySQLError {
            logger.debug("MySQL failed", metadata: ["error": "\(error)"])
            throw error.storeError ?? error
        } catch let error as PoolError {
            throw StoreError.unavailable(error.reason.rawValue)
        }
    }

    func fromRedis<Value: Sendable>(_ read: () async throws -> Value) async throws -> Value {
        do {
            return try await read()
        } catch let error as RedisError {
            metrics.redisErrors.increment()
            logger.debug("Redis failed", metadata: ["error": "\(error)"])
            throw StoreError.unavailable("Redis cannot do it now")
        } catch let error as PoolError {
            throw StoreError.unavailable(error.reason.rawValue)
        }
    }

    /// MySQL has committed, so the request has succeeded whatever becomes of the copy; a loss is counted and logged.
    private func mirror(_ pipeline: RedisPipeline) async {
        guard let redis else { return }
        do {
            _ = try await redis.run { try $0.send(pipeline, isRepeatable: false) }
        } catch {
            metrics.redisErrors.increment()
            logger.debug("A change was not mirrored into Redis", metadata: ["error": "\(error)"])
        }
    }
}

/// Where the reports come from.
private enum Reports: Sendable {
    case mysql
    case redis(SharedRead<RedisConnection, Report<Spender>>, SharedRead<RedisConnection, Report<BestSeller>>)
    case scan(ConnectionPool<RedisConnection>)

    init(mode: ReportMode, redis: ConnectionPool<RedisConnection>?) throws {
        switch (mode, redis) {
        case (.mysql, _): self = .mysql
        case (_, nil): throw StoreError.invalid("the mode \(mode.rawValue) needs Redis")
        case (.redis, let redis?):
            self = .redis(
                SharedRead(redis) { Report(try $0.highestSpenders()) },
                SharedRead(redis) { Report(try $0.bestSellers()) })
        case (.redisScan, let redis?): self = .scan(redis)
        }
    }
}

extension ConnectionPool.Limits {
    /// - Parameter connections: also scales the queue: what the connections can serve in well under the wait's limit.
    static func of(_ connections: Int) -> Self { Self(connections: connections, queue: 128 * connections) }
}
