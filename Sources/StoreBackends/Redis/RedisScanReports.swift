import StoreServer

/// The reports from every order's hash: grows with the number of orders, as in the course's template.
extension RedisConnection {
    func scannedHighestSpenders() throws -> [Spender] {
        var spent: [Int: Money] = [:]
        try forEachOrder { order in
            guard let user = order["user_id"].flatMap({ Int($0) }),
                let total = order["total_amount"].flatMap({ Money($0) })
            else { throw Self.unreadable }
            spent[user, default: .zero] += total
        }
        return spent.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(reportLength)
            .map { Spender(userID: $0.key, totalExpense: $0.value) }
    }

    func scannedBestSellers() throws -> [BestSeller] {
        var sold: [Int: Int] = [:]
        try forEachOrder { order in
            guard let text = order["items"], case .array(let items) = try? JSONParser.parse(text) else {
                throw Self.unreadable
            }
            for item in items {
                guard case .object(let members) = item, case .number(let product) = members["product_id"],
                    case .number(let quantity) = members["quantity"], let id = Int(product), let units = Int(quantity)
                else { throw Self.unreadable }
                sold[id, default: 0] += units
            }
        }
        return sold.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(reportLength)
            .map { BestSeller(productID: $0.key, quantitySold: $0.value) }
    }

    private static let unreadable = RedisError(message: "an order's hash is not as the store writes it")

    private func forEachOrder(_ body: ([String: String]) throws -> Void) throws {
        var cursor = "0"
        // A scan may name a key twice. Ids fit 32 bits, and of many scans at once each has its set.
        var seen: Set<Int32> = []
        repeat {
            let reply = try command("SCAN", cursor, "MATCH", "\(RedisKeys.orderPrefix)*", "COUNT", "500")
            guard let parts = reply.array, parts.count == 2, let next = parts[0].text, let keys = parts[1].array else {
                throw RedisError(message: "SCAN answered something else than a cursor and keys")
            }
            cursor = next
            var pipeline = RedisPipeline()
            for key in keys.compactMap(\.text) {
                guard let id = Int32(key.dropFirst(RedisKeys.orderPrefix.count)) else { throw Self.unreadable }
                if seen.insert(id).inserted { pipeline.add("HGETALL", key) }
            }
            for hash in try send(pipeline) {
                let fields = (hash.array ?? []).compactMap(\.text)
                // Empty when the order was deleted since.
                if fields.isEmpty { continue }
                try body(
                    Dictionary(
                        stride(from: 0, to: fields.count - 1, by: 2).map { (fields[$0], fields[$0 + 1]) },
                        uniquingKeysWith: { first, _ in first }))
            }
        } while cursor != "0"
    }
}
