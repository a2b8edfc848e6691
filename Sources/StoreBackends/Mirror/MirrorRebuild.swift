import StoreServer

/// Fills the mirror from what MySQL holds at one moment.
///
/// The outbox is read in the same snapshot: what stands there is in the rows too, so it counts as mirrored; what comes
/// later is not, and is added afterwards as usual.
struct MirrorRebuild {
    let mysql: MySQLConnection

    private static let ordersPerQuery = 2000

    func fill(_ filling: inout MirrorFilling) throws {
        try mysql.snapshot {
            try filling.add(applied: mysql.query("SELECT id FROM outbox").rows.map { try $0.int(0) })
            try addProducts(to: &filling)
            try addOrders(to: &filling)
        }
        try filling.finish()
    }

    private func addProducts(to filling: inout MirrorFilling) throws {
        let rows = try mysql.query(
            "SELECT p.id, p.name, p.sku, p.price, COALESCE(s.quantity, 0) FROM products p "
                + "LEFT JOIN stocks s ON s.product_id = p.id"
        ).rows
        for row in rows {
            let product = Product(
                id: try row.int(0), name: try row.text(1), sku: try row.text(2), price: try row.money(3))
            try filling.add(product, stock: row.int(4))
        }
    }

    private func addOrders(to filling: inout MirrorFilling) throws {
        var last = 0
        while true {
            let orders = try mysql.orders(after: last, limit: Self.ordersPerQuery)
            guard let newest = orders.last?.id else { return }
            for order in orders { try filling.add(order) }
            // Reading may take long where MySQL is slow, and the lock must not run out meanwhile.
            try filling.renew()
            last = newest
        }
    }
}

extension MySQLConnection {
    /// Orders in ascending order of ids.
    func orders(after id: Int, limit: Int) throws -> [PlacedOrder] {
        var orders = try query(
            "SELECT id, user_id, total_amount FROM orders WHERE id > ? ORDER BY id LIMIT \(limit)", [.int(id)]
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
