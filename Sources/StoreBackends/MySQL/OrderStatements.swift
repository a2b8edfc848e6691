import StoreServer

/// The statements of an order's transaction, of values or of a procedure's parameters.
///
/// Nothing that a client wrote stands in them but whole numbers; the prices are those that the database has.
struct OrderStatements {
    struct Item {
        var product, quantity, price: String
    }

    struct Unit {
        var product: String
        /// What is added to the stock.
        var change: String
    }

    var user, total: String
    /// The variable that keeps the order's id.
    var id = "@order"
    var items: [Item]
    /// Each product once, in ascending order of ids.
    var units: [Unit]

    var text: String {
        var sql = "START TRANSACTION;INSERT INTO orders (user_id, total_amount) VALUES ("
        sql.reserveCapacity(600)
        sql += "\(user),\(checkedTotal));SET \(id) = LAST_INSERT_ID();"
        sql += "INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES "
        for (index, item) in items.enumerated() {
            sql += index == 0 ? "(" : ",("
            sql += "\(id),\(item.product),\(item.quantity),\(item.price))"
        }
        sql += ";INSERT INTO stocks (product_id, quantity) VALUES "
        for (index, unit) in units.enumerated() {
            sql += index == 0 ? "(" : ",("
            sql += "\(unit.product),\(unit.change))"
        }
        return sql + " ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity)"
    }

    /// The total; NULL, which the column refuses, where a price is another.
    private var checkedTotal: String {
        if items.count == 1, let item = items.first {
            return "(SELECT \(total) FROM products WHERE id=\(item.product) AND price=\(item.price))"
        }
        let prices = Dictionary(items.map { ($0.product, $0.price) }, uniquingKeysWith: { first, _ in first })
        let tests = prices.map { "id=\($0.key) AND price=\($0.value)" }.joined(separator: " OR ")
        return "(SELECT IF(COUNT(*)=\(prices.count),\(total),NULL) FROM products WHERE \(tests))"
    }
}

extension OrderStatements {
    init(placing order: Order) {
        user = "\(order.userID)"
        total = order.total.description
        items = order.items.map {
            Item(product: "\($0.productID)", quantity: "\($0.quantity)", price: $0.unitPrice.description)
        }
        units = order.unitsByProduct.map { Unit(product: "\($0.productID)", change: "\(-$0.quantity)") }
    }
}
