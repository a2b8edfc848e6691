import Glibc
import StoreServer

/// Writes a data set in statements of many rows.
struct MySQLFiller {
    let connection: MySQLConnection

    /// Keeps a statement well under the smallest `max_allowed_packet` in use, 1 MB.
    private static let statementBytes = 512 * 1024

    func fill(_ dataset: Dataset, schema: String) throws {
        try connection.execute(schema)
        try connection.createOrderProcedures()
        // Ids of two data sets never meet: what a store still knows of the old outbox cannot name an entry of the new.
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        try connection.execute("ALTER TABLE outbox AUTO_INCREMENT = \(now.tv_sec * 1_000_000)")
        // The rows are consistent by construction: checking each again would double the time.
        try connection.execute("SET SESSION foreign_key_checks = 0, unique_checks = 0")
        try connection.transaction {
            try insert("users (id, name, email, created_at)", dataset.users) { user, sql in
                sql += "\(user.id),\(Self.quoted(user.name)),\(Self.quoted(user.email)),\(Self.dayOne)"
            }
            try insert("products (id, name, sku, price, created_at)", dataset.products) { product, sql in
                sql += "\(product.id),\(Self.quoted(product.name)),\(Self.quoted(product.sku)),\(product.price)"
                sql += ",\(Self.dayOne)"
            }
            try insert("stocks (product_id, quantity)", zip(dataset.products, dataset.stocks)) { row, sql in
                sql += "\(row.0.id),\(row.1)"
            }
            try insert("orders (id, user_id, total_amount, created_at)", dataset.orders.enumerated()) { row, sql in
                sql += "\(row.offset + 1),\(row.element.userID),\(row.element.total),"
                sql += "\(Self.dayOne) + INTERVAL \(row.offset) SECOND"
            }
            let items = dataset.orders.enumerated().lazy.flatMap { row in
                row.element.items.map { (order: row.offset + 1, item: $0) }
            }
            try insert("order_items (order_id, product_id, quantity, unit_price)", items) { row, sql in
                sql += "\(row.order),\(row.item.productID),\(row.item.quantity),\(row.item.unitPrice)"
            }
        }
        try connection.execute("SET SESSION foreign_key_checks = 1, unique_checks = 1")
        try connection.execute("ANALYZE TABLE users, products, stocks, orders, order_items")
    }

    /// A fixed date, so that the same data set is the same to the last column.
    private static let dayOne = "TIMESTAMP'2025-01-01 00:00:00'"

    private func insert<Row>(
        _ table: String, _ rows: some Sequence<Row>, _ write: (Row, inout String) -> Void
    ) throws {
        let head = "INSERT INTO \(table) VALUES "
        var sql = head
        for row in rows {
            sql += sql.utf8.count == head.utf8.count ? "(" : ",("
            write(row, &sql)
            sql += ")"
            if sql.utf8.count > Self.statementBytes {
                try connection.execute(sql)
                sql = head
            }
        }
        if sql.utf8.count > head.utf8.count { try connection.execute(sql) }
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.map { $0 == "'" ? "''" : $0 == "\\" ? "\\\\" : String($0) }.joined() + "'"
    }
}
