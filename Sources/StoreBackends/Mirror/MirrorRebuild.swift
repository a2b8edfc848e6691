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
