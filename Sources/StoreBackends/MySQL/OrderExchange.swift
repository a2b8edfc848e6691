import StoreServer

/// An order's whole transaction in one exchange with the server, as text.
///
/// One statement after the other, the exchanges cost more than the work: an order took a third longer. Nothing that a
/// client wrote stands in the text but whole numbers; the prices are those that the database has.
extension MySQLConnection {
    /// Places an order whose items may go out of stock.
    /// - Returns: nil where a price is not what the order says, or its product is gone.
    /// - Throws: `StoreError.notFound` where the user, or a product since its price was checked, is gone.
    func placeInOneExchange(_ order: Order) throws -> Written<Int>? {
        let change = recordsChanges ? OrderChange(order) : nil
        do {
            let numbers = try exchange(
                Self.statements(placing: order, change), answering: ["@order", "LAST_INSERT_ID()"])
            let (id, lastID) = (try numbers.int(0), try numbers.int(1))
            return Written(value: id, entries: change.map { [OutboxEntry(id: lastID, json: $0.json(id))] } ?? [])
        } catch let error as MySQLError where error.code == MySQLError.isNull {
            return nil
        } catch let error as MySQLError where error.code == MySQLError.noReferencedRow {
            throw try missing(of: order) ?? error
        }
    }

    /// The total; NULL, which the column refuses, where a price is another.
    private static func checkedTotal(_ order: Order) -> String {
        let prices = Dictionary(
            order.items.map { ($0.productID, $0.unitPrice) }, uniquingKeysWith: { first, _ in first })
        let tests = prices.map { "id=\($0.key) AND price=\($0.value)" }.joined(separator: " OR ")
        return "(SELECT IF(COUNT(*)=\(prices.count),\(order.total),NULL) FROM products WHERE \(tests))"
    }

    /// Where there is a change to record, the last id given is its own: a stock has none.
    private static func statements(placing order: Order, _ change: OrderChange?) -> [String] {
        let items = order.items.map { "(@order,\($0.productID),\($0.quantity),\($0.unitPrice))" }
        let stocks = order.unitsByProduct.map { "(\($0.productID),\(-$0.quantity))" }
        var statements = [
            "START TRANSACTION",
            "INSERT INTO orders (user_id, total_amount) VALUES (\(order.userID),\(checkedTotal(order)))",
            "SET @order = LAST_INSERT_ID()",
            "INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES "
                + items.joined(separator: ","),
        ]
        if let change { statements.append("INSERT INTO outbox (change_json) VALUES (\(change.sql(id: "@order")))") }
        statements += [
            "INSERT INTO stocks (product_id, quantity) VALUES " + stocks.joined(separator: ",")
                + " ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity)"
        ]
        return statements
    }

    private func missing(of order: Order) throws -> StoreError? {
        guard try user(order.userID) != nil else { return .notFound("there is no user \(order.userID)") }
        for item in order.items where try product(item.productID) == nil {
            return .notFound("there is no product \(item.productID)")
        }
        return nil
    }
}

/// The change that a new order is to the mirror, but for the order's id, which the database gives.
struct OrderChange {
    private let before: String
    private let after: String

    init(_ order: Order) {
        before = "{\"placed\":[{\"id\":"
        let json = Change.place(PlacedOrder(id: 0, order: order)).json
        precondition(json.hasPrefix(before + "0,"), "the id must stand first in a change's JSON")
        after = String(json.utf8.dropFirst(before.utf8.count + 1)) ?? ""
    }

    func json(_ id: Int) -> String { before + String(id) + after }

    /// An expression that gives the JSON.
    func sql(id: String) -> String { "CONCAT(\(SQL.literal(before)),\(id),\(SQL.literal(after)))" }
}
