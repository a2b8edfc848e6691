import StoreServer

/// Products, users and stocks.
extension MySQLConnection {
    func addProduct(_ product: NewProduct) throws -> Written<Int> {
        try writing { record in
            let id = try query(
                "INSERT INTO products (name, sku, price) VALUES (?,?,?)",
                [.text(product.name), .text(product.sku), .text(product.price.description)]
            ).insertID
            try record(
                Change(newProduct: Product(id: id, name: product.name, sku: product.sku, price: product.price)))
            return id
        }
    }

    func product(_ id: Int) throws -> Product? {
        try query("SELECT id, name, sku, price FROM products WHERE id = ?", [.int(id)]).rows.first.map { row in
            Product(id: try row.int(0), name: try row.text(1), sku: try row.text(2), price: try row.money(3))
        }
    }

    func deleteProduct(_ id: Int) throws -> Written<Bool> {
        do {
            return try writing { record in
                // Orders lock the product before its stock; so does its deletion.
                guard try !query("SELECT id FROM products WHERE id = ? FOR UPDATE", [.int(id)]).rows.isEmpty else {
                    return false
                }
                _ = try query("DELETE FROM stocks WHERE product_id = ?", [.int(id)])
                _ = try query("DELETE FROM products WHERE id = ?", [.int(id)])
                try record(Change(deletedProduct: id))
                return true
            }
        } catch let error as MySQLError where error.code == MySQLError.stillReferenced {
            throw StoreError.conflict("there are orders of product \(id)")
        }
    }

    func addUser(_ user: NewUser) throws -> Int {
        do {
            // A transaction, since a lost connection must not make the store ask for the same user twice.
            return try transaction {
                try query(
                    "INSERT INTO users (name, email) VALUES (?,?)", [.text(user.name), .text(user.email)]
                ).insertID
            }
        } catch let error as MySQLError where error.code == MySQLError.duplicate {
            throw StoreError.conflict("there is a user with this email already")
        }
    }

    func user(_ id: Int) throws -> User? {
        try query("SELECT id, name, email FROM users WHERE id = ?", [.int(id)]).rows.first.map { row in
            User(id: try row.int(0), name: try row.text(1), email: try row.text(2))
        }
    }

    /// - Returns: whether there was such a user.
    func deleteUser(_ id: Int) throws -> Written<Bool> {
        try writing { record in
            guard try !query("SELECT id FROM users WHERE id = ? FOR UPDATE", [.int(id)]).rows.isEmpty else {
                return false
            }
            let (orders, units) = try orders(of: id)
            _ = try query("DELETE FROM users WHERE id = ?", [.int(id)])
            // A change of many orders would hold up Redis and outgrow a packet of MySQL.
            for start in stride(from: 0, to: orders.count, by: Self.ordersPerChange) {
                let some = Array(orders[start..<min(start + Self.ordersPerChange, orders.count)])
                try record(Change(deletedOrders: some))
            }
            try changeStock(
                by: units.sorted { $0.key < $1.key }.map { StockDelta(productID: $0.key, quantity: $0.value) })
            return true
        }
    }

    private static let ordersPerChange = 200

    /// The ids of a user's orders, locked, and the units in them by product.
    private func orders(of user: Int) throws -> (ids: [Int], units: [Int: Int]) {
        let rows = try query(
            "SELECT o.id, i.product_id, i.quantity FROM orders o "
                + "JOIN order_items i ON i.order_id = o.id WHERE o.user_id = ? ORDER BY o.id FOR UPDATE",
            [.int(user)]
        ).rows
        var (ids, units): ([Int], [Int: Int]) = ([], [:])
        for row in rows {
            let id = try row.int(0)
            if ids.last != id { ids.append(id) }
            units[try row.int(1), default: 0] += try row.int(2)
        }
        return (ids, units)
    }

    func setStock(of productID: Int, to quantity: Int) throws -> Written<StockChange> {
        try writing { record in
            // The product is locked too: where there is no stock yet, two additions would each count as the first.
            let locked = try query(
                "SELECT s.quantity FROM products p LEFT JOIN stocks s ON s.product_id = p.id WHERE p.id = ? FOR UPDATE",
                [.int(productID)]
            ).rows.first
            guard let locked else { throw StoreError.notFound("there is no product \(productID)") }
            let old = locked[0] == .null ? nil : try locked.int(0)
            _ = try query(
                "INSERT INTO stocks (product_id, quantity) VALUES (?,?) "
                    + "ON DUPLICATE KEY UPDATE quantity = VALUES(quantity)",
                [.int(productID), .int(quantity)])
            try record(Change(stocked: [StockDelta(productID: productID, quantity: quantity - (old ?? 0))]))
            return old == nil ? .added : .updated
        }
    }

    func stock(of productID: Int) throws -> Int? {
        try query("SELECT quantity FROM stocks WHERE product_id = ?", [.int(productID)]).rows.first?.int(0)
    }

    func stockOverview() throws -> [StockLine] {
        try query(
            "SELECT p.name, p.sku, p.price, s.quantity FROM stocks s JOIN products p ON p.id = s.product_id "
                + "ORDER BY s.product_id"
        ).rows.map { row in
            StockLine(
                name: try row.text(0), sku: try row.text(1), price: try row.money(2), quantity: try row.int(3))
        }
    }

    func orderCount() throws -> Int {
        try query("SELECT COUNT(*) FROM orders").rows.first?.int(0) ?? 0
    }
}
