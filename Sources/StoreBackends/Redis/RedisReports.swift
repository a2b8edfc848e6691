import StoreServer

/// A sum has passed 2^53, up to which the scores of a sorted set are exact: Redis keeps them as binary floating point.
/// MySQL's decimals have the figures.
struct InexactScores: Error {}

/// The reports from the sorted sets: one exchange, whatever the number of orders.
extension RedisConnection {
    func rankedSpenders() throws -> [Spender] {
        try ranking(RedisKeys.spenders).map { Spender(userID: $0.id, totalExpense: Money(cents: $0.amount)) }
    }

    func rankedSellers() throws -> [BestSeller] {
        try ranking(RedisKeys.sellers).map { BestSeller(productID: $0.id, quantitySold: $0.amount) }
    }

    /// - Throws: `MirrorError.stale` when there is no whole mirror at the moment of the reading.
    private func ranking(_ key: String) throws -> [(id: Int, amount: Int)] {
        var pipeline = RedisPipeline()
        pipeline.add("MULTI")
        pipeline.add("MGET", RedisKeys.generation, RedisKeys.inexact)
        pipeline.add("ZRANGE", key, "0", "\(reportLength - 1)", "WITHSCORES")
        pipeline.add("EXEC")
        guard let answers = try send(pipeline).last?.array, answers.count == 2, let marks = answers[0].array,
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
