import Glibc
package import Logging
import NIOCore
import NIOPosix
package import StoreServer

/// The store over its two databases: MySQL holds the truth, Redis follows.
package final class DatabaseStore: Store {
    let mysql: ConnectionPool<MySQLConnection>
    let redis: ConnectionPool<RedisConnection>?
    let mirror: Mirror?
    private let keeper: MirrorKeeper?
    private let watch = SocketWatch()
    private let reports: Reports
    private let prices: PriceMemory
    private let configuration: BackendConfiguration
    private let metrics: StoreMetrics
    private let logger: Logger

    /// Attempts at a transaction that InnoDB rolls back.
    private static let attempts = 8

    /// Waits for no database: one that is down is answered for with `unavailable`.
    /// - Throws: `StoreError.invalid` when the mode needs Redis and there is none.
    package init(_ configuration: BackendConfiguration, metrics: StoreMetrics, logger: Logger) throws {
        // hiredis writes to its socket without MSG_NOSIGNAL: a lost connection must be an error, not the end.
        signal(SIGPIPE, SIG_IGN)
        let connectMySQL: @Sendable () throws -> MySQLConnection = {
            let mysql = configuration.mysql
            return try MySQLConnection(mysql, database: mysql.database, recordsChanges: configuration.redis != nil) {
                metrics.mysqlErrors.increment($0.code)
            }
        }
        mysql = ConnectionPool(
            .of(configuration.poolSize), metrics: metrics.mysqlPool, watch: watch,
            isCrowded: { ($0 as? MySQLError)?.isCrowded ?? false }, connect: connectMySQL)
        if let redisConfiguration = configuration.redis {
            let connectRedis: @Sendable () throws -> RedisConnection = { try RedisConnection(redisConfiguration) }
            let redis = ConnectionPool(
                .of(configuration.poolSize), metrics: metrics.redisPool, watch: watch, connect: connectRedis)
            let mirror = Mirror(pool: redis, metrics: metrics.mirror, watch: watch)
            keeper = MirrorKeeper(
                state: mirror.state, metrics: metrics.mirror, logger: logger, redis: connectRedis, mysql: connectMySQL)
            self.redis = redis
            self.mirror = mirror
        } else {
            (redis, mirror, keeper) = (nil, nil, nil)
        }
        prices = PriceMemory(configuration.prices)
        reports = try Reports(configuration, redis: redis, metrics: metrics)
        self.configuration = configuration
        self.metrics = metrics
        self.logger = logger
        keeper?.start()
    }

    /// Ends what is being done and closes the connections.
    package func close() async {
        await mysql.close()
        await keeper?.stop()
        await redis?.close()
        await reports.close()
        await watch?.close()
    }

    package func placeOrder(_ order: NewOrder) async throws -> Int {
        let allowsBackOrders = configuration.allowsBackOrders
        let exchange = allowsBackOrders ? try MySQLConnection.exchange(placing: order, prices: prices) : nil
        return try await write(exchange) { [prices] in
            try $0.place(order, allowsBackOrders: allowsBackOrders, prices: prices)
        }
    }

    package func order(_ id: Int) async throws -> Order? {
        try await inMySQL { try $0.order(id) }
    }

    package func deleteOrder(_ id: Int) async throws -> Bool {
        try await write { try $0.deleteOrder(id) }
    }

    package func addProduct(_ product: NewProduct) async throws -> Int {
        try await write { try $0.addProduct(product) }
    }

    package func product(_ id: Int) async throws -> Product? {
        try await inMySQL { try $0.product(id) }
    }

    package func deleteProduct(_ id: Int) async throws -> Bool {
        try await write { try $0.deleteProduct(id) }
    }

    package func addUser(_ user: NewUser) async throws -> Int {
        try await inMySQL { try $0.addUser(user) }
    }

    package func user(_ id: Int) async throws -> User? {
        try await inMySQL { try $0.user(id) }
    }

    package func deleteUser(_ id: Int) async throws -> Bool {
        try await write { try $0.deleteUser(id) }
    }

    package func setStock(of productID: Int, to quantity: Int) async throws -> StockChange {
        try await write { try $0.setStock(of: productID, to: quantity) }
    }

    package func stock(of productID: Int) async throws -> Int? {
        try await inMySQL { try $0.stock(of: productID) }
    }

    package func stockOverview() async throws -> [StockLine] {
        try await inMySQL { try $0.stockOverview() }
    }

    package func highestSpenders() async throws -> Report<Spender> {
        switch reports {
        case .mysql: try await spendersFromMySQL()
        case .redis(let ranked): try await fromMirror(ranked.spenders.value, orElse: spendersFromMySQL)
        case .scan(let redis):
            try await fromMirror(
                { try await redis.run { try $0.consistently { Report(try $0.scannedHighestSpenders()) } } },
                orElse: spendersFromMySQL)
        }
    }

    package func bestSellers() async throws -> Report<BestSeller> {
        switch reports {
        case .mysql: try await sellersFromMySQL()
        case .redis(let ranked): try await fromMirror(ranked.sellers.value, orElse: sellersFromMySQL)
        case .scan(let redis):
            try await fromMirror(
                { try await redis.run { try $0.consistently { Report(try $0.scannedBestSellers()) } } },
                orElse: sellersFromMySQL)
        }
    }

    private func spendersFromMySQL() async throws -> Report<Spender> {
        Report(try await inMySQL { try $0.highestSpenders() })
    }

    private func sellersFromMySQL() async throws -> Report<BestSeller> {
        Report(try await inMySQL { try $0.bestSellers() })
    }

    /// Number of orders in MySQL.
    package func orderCount() async throws -> Int {
        try await inMySQL { try $0.orderCount() }
    }

    /// Runs a transaction, and sees to its being mirrored.
    private func write<Value: Sendable>(
        _ exchange: Exchange<MySQLConnection, Written<Value>>? = nil,
        _ body: @escaping @Sendable (MySQLConnection) throws -> Written<Value>
    ) async throws -> Value {
        guard let mirror else { return try await inMySQL(exchange, body).value }
        let ticket = mirror.ticket()
        return try await inMySQL(exchange, body) { mirror.deliver($0.changes, ticket, finished: $1) }.value
    }

    /// Runs `body` with a connection, again where InnoDB gave it up, and turns errors into what a client is told.
    /// - Parameters: as for `ConnectionPool.run`.
    func inMySQL<Value: Sendable>(
        _ exchange: Exchange<MySQLConnection, Value>? = nil,
        _ body: @escaping @Sendable (MySQLConnection) throws -> Value,
        finish: @escaping @Sendable (Value, @escaping @Sendable () -> Void) -> Void = { $1() }
    ) async throws -> Value {
        do {
            let repeated: @Sendable (MySQLConnection) throws -> Value = { [metrics] connection in
                if try connection.settle()?.isRetryable == true { metrics.orderRetries.increment() }
                for attempt in 1..<Self.attempts {
                    do {
                        return try body(connection)
                    } catch let error as MySQLError where error.isRetryable {
                        metrics.orderRetries.increment()
                        usleep(UInt32.random(in: 0...(2_000 << UInt32(min(attempt, 5)))))
                    }
                }
                return try body(connection)
            }
            return try await mysql.run(repeated, exchange: exchange, finish: finish)
        } catch let error as MySQLError {
            logger.debug("MySQL failed", metadata: ["error": "\(error)"])
            throw error.storeError ?? error
        } catch let error as UnknownCommit {
            metrics.mirror.unknownCommits.increment()
            mirror?.leave(1)
            throw error.storeError
        } catch let error as PoolError {
            throw StoreError.unavailable(error.reason.rawValue)
        }
    }

    /// Reads from a mirror that lacks nothing; while there is none, says so or asks MySQL, as the settings want it.
    func fromMirror<Value: Sendable>(
        _ read: () async throws -> Value, orElse readMySQL: () async throws -> Value
    ) async throws -> Value {
        guard let mirror else { return try await readMySQL() }
        var reason = "the mirror in Redis is not whole yet"
        for _ in 0..<2 where await mirror.state.isWhole() {
            do {
                return try await read()
            } catch is MirrorError {
                mirror.state.fallBehind()
            } catch is InexactScores {
                metrics.mirror.fallbacks.increment()
                return try await readMySQL()
            } catch let error as PoolError {
                throw StoreError.unavailable(error.reason.rawValue)
            } catch let error as RedisError {
                metrics.redisErrors.increment()
                logger.debug("Redis failed", metadata: ["error": "\(error)"])
                mirror.state.fallBehind()
                reason = "Redis cannot do it now"
                break
            }
        }
        guard configuration.fallback == .mysql else { throw StoreError.unavailable(reason) }
        metrics.mirror.fallbacks.increment()
        return try await readMySQL()
    }
}

/// Where the reports come from.
private enum Reports: Sendable {
    case mysql
    case redis(RankedReports)
    case scan(ConnectionPool<RedisConnection>)

    init(
        _ configuration: BackendConfiguration, redis: ConnectionPool<RedisConnection>?, metrics: StoreMetrics
    ) throws {
        switch (configuration.mode, redis) {
        case (.mysql, _): self = .mysql
        case (_, nil): throw StoreError.invalid("the mode \(configuration.mode.rawValue) needs Redis")
        case (.redis, let redis?):
            self = .redis(
                RankedReports(
                    MultiThreadedEventLoopGroup.singleton.makeIterator().map {
                        RedisLoop($0, openConnections: metrics.redisLoops, connect: redis.connect)
                    }))
        case (.redisScan, let redis?): self = .scan(redis)
        }
    }

    func close() async {
        guard case .redis(let ranked) = self else { return }
        for loop in ranked.loops { await loop.close() }
    }
}

extension ConnectionPool.Limits {
    /// - Parameter connections: also scales the queue: what the connections can serve in well under the wait's limit.
    static func of(_ connections: Int) -> Self { Self(connections: connections, queue: 128 * connections) }
}
