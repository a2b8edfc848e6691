import StoreServer

/// Fills an empty mirror, piece by piece, and only as long as nobody else has begun to do so.
///
/// There is no generation while it lasts: no report is read, no change is added.
struct MirrorFilling {
    private let connection: RedisConnection
    private let token: String
    /// How long the lock lives without being renewed, in milliseconds.
    private let lockLife: Int
    private var pipeline: [String] = []
    private var spent: [Int: Int] = [:]
    private var sold: [Int: Int] = [:]

    /// Small enough that the lock is renewed in time by a Redis that has a hundredth of a core.
    private static let wordsPerPiece = 2_000
    /// The largest whole number up to which a score is exact.
    private static let exactLimit = 1 << 53

    /// Begins when nobody else fills the mirror.
    /// - Returns: nil when somebody does.
    static func begin(on connection: RedisConnection) throws -> MirrorFilling? {
        let token = Self.randomName()
        guard
            try connection.command("SET", RedisKeys.lock, token, "NX", "PX", "\(MirrorTimes.lock)") != .null
        else { return nil }
        var filling = MirrorFilling(connection: connection, token: token, lockLife: MirrorTimes.lock)
        // Somebody may have been done just before.
        guard try connection.mirrorGeneration() == nil else {
            try filling.abandon()
            return nil
        }
        try filling.removeAll()
        return filling
    }

    /// Empties Redis's database and begins, whoever else is at it.
    static func seize(on connection: RedisConnection) throws -> MirrorFilling {
        let token = Self.randomName()
        var pipeline = RedisPipeline()
        pipeline.add("MULTI")
        pipeline.add("FLUSHDB")
        pipeline.add("SET", RedisKeys.lock, token, "PX", "\(MirrorTimes.loaderLock)")
        pipeline.add("EXEC")
        _ = try connection.send(pipeline)
        return MirrorFilling(connection: connection, token: token, lockLife: MirrorTimes.loaderLock)
    }

    private init(connection: RedisConnection, token: String, lockLife: Int) {
        self.connection = connection
        self.token = token
        self.lockLife = lockLife
    }

    private static func randomName() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }

    /// Deletes what the store has put into Redis, and nothing else.
    private mutating func removeAll() throws {
        try add("UNLINK", RedisKeys.generation, RedisKeys.spenders, RedisKeys.sellers, RedisKeys.applied)
        try add("UNLINK", RedisKeys.finished, RedisKeys.deletedOrders, RedisKeys.deletedProducts, RedisKeys.inexact)
        try add("UNLINK", RedisKeys.comparedOrders)
        try flush()
        for prefix in [RedisKeys.orderPrefix, RedisKeys.stockPrefix] {
            var cursor = "0"
            repeat {
                let reply = try connection.command("SCAN", cursor, "MATCH", "\(prefix)*", "COUNT", "1000").array ?? []
                guard reply.count == 2, let next = reply[0].text, let keys = reply[1].array else {
                    throw RedisError(message: "SCAN answered something else than a cursor and keys")
                }
                cursor = next
                if !keys.isEmpty { try add(["UNLINK"] + keys.compactMap(\.text)) }
            } while cursor != "0"
        }
    }

    mutating func add(_ product: Product, stock: Int) throws {
        try add(
            "HSET", RedisKeys.stock(product.id), "product_name", product.name, "product_sku", product.sku,
            "product_unit_price", product.price.description, "quantity", "\(stock)")
    }

    mutating func add(_ placed: PlacedOrder) throws {
        try add(
            "HSET", RedisKeys.order(placed.id), "user_id", "\(placed.order.userID)", "total_amount",
            placed.order.total.description, "items", placed.order.itemsJSON)
        spent[placed.order.userID, default: 0] += placed.order.total.cents
        for item in placed.order.items { sold[item.productID, default: 0] += item.quantity }
    }

    /// Changes of which the effect is in the rows already.
    mutating func add(applied ids: [Int]) throws {
        for start in stride(from: 0, to: ids.count, by: 1000) {
            try add(["SADD", RedisKeys.applied] + ids[start..<min(start + 1000, ids.count)].map { "\($0)" })
        }
    }

    /// Nobody else writes into MySQL, and all orders up to this id are here.
    mutating func add(comparedOrders id: Int) throws { try add("SET", RedisKeys.comparedOrders, "\(id)") }

    /// Writes the rankings and declares the mirror whole.
    mutating func finish() throws {
        for (key, amounts) in [(RedisKeys.spenders, spent), (RedisKeys.sellers, sold)] {
            for (id, amount) in amounts.sorted(by: { $0.key < $1.key }) {
                try add("ZADD", key, "\(-amount)", RedisKeys.member(id))
                if amount >= Self.exactLimit { try add("SET", RedisKeys.inexact, "1") }
            }
        }
        try add("SET", RedisKeys.generation, "\(token)-\(connection.run)")
        try add("DEL", RedisKeys.lock)
        try flush()
    }

    /// Leaves it to somebody else.
    func abandon() throws { try send(["2", "DEL", RedisKeys.lock]) }

    /// Keeps the lock.
    func renew() throws { try send([]) }

    private mutating func add(_ words: String...) throws { try add(words) }

    private mutating func add(_ words: [String]) throws {
        // The last piece is to hold the end as a whole.
        if pipeline.count + words.count > Self.wordsPerPiece { try flush() }
        pipeline.append("\(words.count)")
        pipeline += words
    }

    private mutating func flush() throws {
        try send(pipeline)
        pipeline.removeAll(keepingCapacity: true)
    }

    private func send(_ commands: [String]) throws {
        let reply = try connection.run(MirrorScripts.fill, [token, "\(lockLife)"] + commands)
        guard reply == .integer(1) else { throw MirrorError.lockLost }
    }
}
