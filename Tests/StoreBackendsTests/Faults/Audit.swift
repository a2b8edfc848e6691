import StoreBackends
import StoreServer
import Testing

/// Compares all that MySQL and Redis hold, and both with what clients were told.
struct Audit {
    let servers: Servers

    struct Books: Equatable {
        var stock: [Int: Int] = [:]
        var orders: [Int: Order] = [:]
    }

    /// The differences between Redis and MySQL; empty when there are none.
    func differences() async throws -> [String] {
        let probe = try RedisProbe(servers.redis)
        let ids = try probe.list("KEYS", "order:*").compactMap { Int($0.dropFirst("order:".count)) }
        let truth = try await books(ids)
        var found: [String] = []
        if truth.orders.count != ids.count { found.append("Redis has orders that MySQL has not") }
        let count = try await withStore { try await $0.orderCount() }
        if count != ids.count { found.append("MySQL has \(count) orders and Redis \(ids.count)") }
        var (spent, sold) = ([Int: Int](), [Int: Int]())
        for (id, order) in truth.orders {
            spent[order.userID, default: 0] += order.total.cents
            for item in order.items { sold[item.productID, default: 0] += item.quantity }
            let items = order.items.map {
                #"{"product_id":\#($0.productID),"quantity":\#($0.quantity),"unit_price":\#($0.unitPrice)}"#
            }
            let expected = [
                "user_id": "\(order.userID)", "total_amount": "\(order.total)",
                "items": "[\(items.joined(separator: ","))]",
            ]
            if try probe.hash("order:\(id)") != expected { found.append("order \(id) differs") }
        }
        for (key, sums) in [("report:highest-spenders", spent), ("report:best-sellers", sold)] {
            let set = try probe.list("ZRANGE", key, "0", "-1", "WITHSCORES")
            let pairs: [(Int, Int)] = stride(from: 0, to: set.count - 1, by: 2).map { index -> (Int, Int) in
                (Int(set[index]) ?? 0, -(Int(set[index + 1]) ?? 0))
            }
            if Dictionary(uniqueKeysWithValues: pairs) != sums { found.append("\(key) is \(pairs) and not \(sums)") }
        }
        for (product, quantity) in truth.stock {
            let mirrored = try probe.hash("stock:\(product)")["quantity"]
            if mirrored != "\(quantity)" {
                found.append("stock \(product): \(quantity), in Redis \(mirrored ?? "none")")
            }
        }
        return found
    }

    /// - Parameter ids: of the orders that are looked for.
    func books(_ ids: [Int]) async throws -> Books {
        try await withStore { store in
            var books = Books()
            for id in 1...4 { books.stock[id] = try await store.stock(of: id) }
            for id in ids { books.orders[id] = try await store.order(id) }
            return books
        }
    }

    /// Waits until nothing differs, for as long as the mirror may take.
    func expectEqual(within limit: Duration = .seconds(5)) async throws -> Duration {
        let begun = ContinuousClock.now
        while true {
            let differences = try await differences()
            let passed = ContinuousClock.now - begun
            if differences.isEmpty { return passed }
            guard passed < limit else {
                Issue.record("after \(limit) Redis is not as MySQL: \(differences.prefix(5))")
                return passed
            }
            try await ContinuousClock().sleep(for: .milliseconds(20))
        }
    }

    /// No acknowledged order is missing or doubled, none that was refused is there twice, and the stock is right.
    func check(_ book: OrderBook, start: [Int]) async throws {
        let probe = try RedisProbe(servers.redis)
        let ids = try probe.list("KEYS", "order:*").compactMap { Int($0.dropFirst("order:".count)) }
        let truth = try await books(ids)
        var byQuantity: [Int: [Int]] = [:]
        var sold: [Int: Int] = [:]
        for (id, order) in truth.orders {
            for item in order.items {
                byQuantity[item.quantity, default: []].append(id)
                sold[item.productID, default: 0] += item.quantity
            }
        }
        for (quantity, entry) in book.entries {
            let found = byQuantity[quantity] ?? []
            switch entry.stands {
            case true?: #expect(found == [entry.id], "order of \(quantity) was acknowledged")
            case false?: #expect(found.isEmpty, "order of \(quantity) was deleted")
            case nil: #expect(found.count <= 1, "order of \(quantity) is doubled")
            }
        }
        for (index, quantity) in start.enumerated() {
            #expect(truth.stock[index + 1] == quantity - sold[index + 1, default: 0])
        }
    }

    func withStore<Value>(_ body: (DatabaseStore) async throws -> Value) async throws -> Value {
        try await servers.withStore(.mysql, poolSize: 1, configure: { $0.redis = nil }, body)
    }
}
