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
        do {
            let id = try exchange(Self.statements(placing: order), answering: ["@order"]).int(0)
            return Written(value: id, changes: [.placed(PlacedOrder(id: id, order: order))])
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

    private static func statements(placing order: Order) -> [String] {
        let items = order.items.map { "(@order,\($0.productID),\($0.quantity),\($0.unitPrice))" }
        let stocks = order.unitsByProduct.map { "(\($0.productID),\(-$0.quantity))" }
        return [
            "START TRANSACTION",
            "INSERT INTO orders (user_id, total_amount) VALUES (\(order.userID),\(checkedTotal(order)))",
            "SET @order = LAST_INSERT_ID()",
            "INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES "
                + items.joined(separator: ","),
            "INSERT INTO stocks (product_id, quantity) VALUES " + stocks.joined(separator: ",")
                + " ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity)",
        ]
    }

    private func missing(of order: Order) throws -> StoreError? {
        guard try user(order.userID) != nil else { return .notFound("there is no user \(order.userID)") }
        for item in order.items where try product(item.productID) == nil {
            return .notFound("there is no product \(item.productID)")
        }
        return nil
    }
}
