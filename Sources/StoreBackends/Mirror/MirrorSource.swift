import StoreServer

/// Ids up to which MySQL was looked at.
struct MirrorPosition: Sendable {
    var entry = 0
    var order = 0
}

/// What the keeper reads of MySQL, besides the outbox.
extension MySQLConnection {
    /// The highest ids that are committed, 0 where there is none.
    func newest() throws -> MirrorPosition {
        let row = try query(
            "SELECT (SELECT COALESCE(MAX(id), 0) FROM outbox), (SELECT COALESCE(MAX(id), 0) FROM orders)"
        )
        .rows.first
        return MirrorPosition(entry: try row?.int(0) ?? 0, order: try row?.int(1) ?? 0)
    }

    /// Ids of orders after one up to another, in ascending order.
    ///
    /// A row that a transaction has inserted and not committed is waited for, so none can come up later among those that
    /// were given.
    /// - Throws: an error that `isRetryable` where the wait takes too long.
    func orderIDs(after id: Int, upTo last: Int, limit: Int) throws -> [Int] {
        try query(
            "SELECT id FROM orders WHERE id > ? AND id <= ? ORDER BY id LIMIT \(limit) LOCK IN SHARE MODE",
            [.int(id), .int(last)]
        ).rows.map { try $0.int(0) }
    }

    /// Orders in ascending order of ids.
    func orders(after id: Int, upTo end: Int = .max, limit: Int) throws -> [PlacedOrder] {
        var orders = try query(
            "SELECT id, user_id, total_amount FROM orders WHERE id > ? AND id <= ? ORDER BY id LIMIT \(limit)",
            [.int(id), .int(end)]
        ).rows.map { row in
            PlacedOrder(
                id: try row.int(0), order: Order(userID: try row.int(1), total: try row.money(2), items: []))
        }
        guard let first = orders.first?.id, let last = orders.last?.id else { return [] }
        let items = try query(
            "SELECT order_id, product_id, quantity, unit_price FROM order_items "
                + "WHERE order_id BETWEEN ? AND ? ORDER BY order_id, id",
            [.int(first), .int(last)]
        ).rows
        var index = 0
        for item in items {
            let id = try item.int(0)
            while index < orders.count, orders[index].id < id { index += 1 }
            guard index < orders.count, orders[index].id == id else { continue }
            orders[index].order.items.append(
                OrderItem(productID: try item.int(1), quantity: try item.int(2), unitPrice: try item.money(3)))
        }
        return orders
    }
}
