import StoreServer

/// A sum has passed 2^53, up to which the scores of a sorted set are exact: Redis keeps them as binary floating point.
/// MySQL's decimals have the figures.
struct InexactScores: Error {}

/// The reports from the sorted sets: one exchange, whatever the number of orders.
struct RankedReports: Sendable {
    let loops: [RedisLoop]
    let spenders: SharedRead<Report<Spender>>
    let sellers: SharedRead<Report<BestSeller>>

    init(_ loops: [RedisLoop]) {
        self.loops = loops
        spenders = Self.read(RedisKeys.spenders, loops) {
            Spender(userID: $0.id, totalExpense: Money(cents: $0.amount))
        }
        sellers = Self.read(RedisKeys.sellers, loops) { BestSeller(productID: $0.id, quantitySold: $0.amount) }
    }

    private static func read<Row>(
        _ key: String, _ loops: [RedisLoop], _ row: @escaping @Sendable (RedisConnection.Ranked) -> Row
    ) -> SharedRead<Report<Row>> {
        SharedRead(loops, RedisConnection.ranking(key)) { replies, connection in
            Report(try connection.ranked(replies.last, key).map(row))
        }
    }
}

extension RedisConnection {
    typealias Ranked = (id: Int, amount: Int)

    fileprivate static func ranking(_ key: String) -> RedisPipeline {
        var pipeline = RedisPipeline()
        pipeline.add("MULTI")
        pipeline.add("MGET", RedisKeys.generation, RedisKeys.inexact)
        pipeline.add("ZRANGE", key, "0", "\(reportLength - 1)", "WITHSCORES")
        pipeline.add("EXEC")
        return pipeline
    }

    /// - Throws: `MirrorError.stale` when there was no whole mirror at the moment of the reading.
    fileprivate func ranked(_ reply: RedisReply?, _ key: String) throws -> [Ranked] {
        guard let answers = reply?.array, answers.count == 2, let marks = answers[0].array,
            let elements = answers[1].array
        else { throw RedisError(message: "\(key) is not a sorted set") }
        guard valid(marks.first) != nil else { throw MirrorError.stale }
        guard marks.last == .null else { throw InexactScores() }
        return try stride(from: 0, to: elements.count - 1, by: 2).map { index in
            guard let id = elements[index].text.flatMap({ Int($0) }),
                let score = elements[index + 1].text.flatMap({ Int($0) })
            else { throw RedisError(message: "\(key) holds something else than ids and whole scores") }
            return (id: id, amount: -score)
        }
    }

    /// Reads in several exchanges, and makes sure that they all were of one mirror.
    func consistently<Value>(_ read: (RedisConnection) throws -> Value) throws -> Value {
        let before = try mirrorGeneration()
        guard let before else { throw MirrorError.stale }
        let value = try read(self)
        guard try mirrorGeneration() == before else { throw MirrorError.stale }
        return value
    }
}
