import StoreServer

/// The reports from the sorted sets: one command, whatever the number of orders.
extension RedisConnection {
    func highestSpenders() throws -> [Spender] {
        try ranking(RedisKeys.spenders).map { Spender(userID: $0.id, totalExpense: Money(cents: $0.amount)) }
    }

    func bestSellers() throws -> [BestSeller] {
        try ranking(RedisKeys.sellers).map { BestSeller(productID: $0.id, quantitySold: $0.amount) }
    }

    private func ranking(_ key: String) throws -> [(id: Int, amount: Int)] {
        let reply = try command("ZRANGE", key, "0", "\(reportLength - 1)", "WITHSCORES")
        guard let elements = reply.array else { throw RedisError(message: "\(key) is not a sorted set") }
        return try stride(from: 0, to: elements.count - 1, by: 2).map { index in
            guard let id = elements[index].text.flatMap({ Int($0) }),
                let score = elements[index + 1].text.flatMap({ Int($0) })
            else { throw RedisError(message: "\(key) holds something else than ids and whole scores") }
            return (id: id, amount: -score)
        }
    }
}
