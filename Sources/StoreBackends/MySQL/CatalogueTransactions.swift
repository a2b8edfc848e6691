import StoreServer

/// What went with a user.
struct DeletedUser: Sendable, Equatable {
    var orders: [Int]
    var stock: [StockDelta]
}

/// Products, users and stocks.
extension MySQLConnection {
    func addProduct(_ product: NewProduct) throws -> Int {
        try query(
            "INSERT INTO products (name, sku, price) VALUES (?,?,?)",
            [.text(product.name), .text(product.sku), .text(product.price.description)]
        ).insertID
    }

    func product(_ id: Int) throws -> Product? {
        try query("SELECT id, name, sku, price FROM products WHERE id = ?", [.int(id)]).rows.first.map { row in
            Product(id: try row.int(0), name: try row.text(1), sku: try row.text(2), price: try row.money(3))
        }
    }

    func deleteProduct(_ id: Int) throws -> Bool {
        do {
            return try transaction {
                _ = try query("DELETE FROM stocks WHERE product_id = ?", [.int(id)])
                return try query("DELETE FROM products WHERE id = ?", [.int(id)]).affectedRows > 0
            }
        } catch let error as MySQLError where error.code == MySQLError.stillReferenced {
            throw StoreError.conflict("there are orders of product \(id)")
        }
    }

    func addUser(_ user: NewUser) throws -> Int {
        do {
            return try query(
                "INSERT INTO users (name, email) VALUES (?,?)", [.text(user.name), .text(user.email)]
            ).insertID
        } catch let error as MySQLError where error.code == MySQLError.duplicate {
            throw StoreError.conflict("there is a user with this email already")
        }
    }

    func user(_ id: Int) throws -> User? {
        try query("SELECT id, name, email FROM users WHERE id = ?", [.int(id)]).rows.first.map { row in
            User(id: try row.int(0), name: try row.text(1), email: try row.text(2))
        }
    }

    /// - Returns: nil when there was none.
    func deleteUser(_ id: Int) throws -> DeletedUser? {
        try transaction {
            guard try !query("SELECT id FROM users WHERE id = ? FOR UPDATE", [.int(id)]).rows.isEmpty else {
                return nil
            }
            let items = try query(
                "SELECT o.id, i.product_id, i.quantity FROM orders o JOIN order_items i ON i.order_id = o.id "
                    + "WHERE o.user_id = ? ORDER BY o.id FOR UPDATE",
                [.int(id)]
            ).rows
            _ = try query("DELETE FROM users WHERE id = ?", [.int(id)])
            var units: [Int: Int] = [:]
            for item in items { units[try item.int(1), default: 0] += try item.int(2) }
            let stock = units.sorted { $0.key < $1.key }.map { StockDelta(productID: $0.key, quantity: $0.value) }
            try changeStock(by: stock)
            return DeletedUser(orders: Array(Set(try items.map { try $0.int(0) })).sorted(), stock: stock)
        }
    }

    /// - Returns: what happened, and by how much the stock changed.
    func setStock(of productID: Int, to quantity: Int) throws -> (change: StockChange, delta: StockDelta) {
        try transaction {
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
            let delta = StockDelta(productID: productID, quantity: quantity - (old ?? 0))
            return (change: old == nil ? .added : .updated, delta: delta)
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
