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
            return Self.placed(order, try exchange(Self.statements(placing: order), answering: "@order"))
        } catch let error as MySQLError where error.code == MySQLError.isNull {
            return nil
        } catch let error as MySQLError where error.code == MySQLError.noReferencedRow {
            throw try missing(of: order) ?? error
        }
    }

    /// The same for which no thread waits.
    /// - Returns: nil where a price is not known.
    /// - Throws: as `NewOrder.priced`.
    static func exchange(
        placing new: NewOrder, prices memory: PriceMemory
    ) throws -> Exchange<MySQLConnection, Written<Int>>? {
        guard let known = memory.prices(of: new.productIDs) else { return nil }
        let order = try new.priced(known)
        return Exchange(
            send: { try $0.send(statements(placing: order), answering: "@order") },
            receive: { connection, hasTimedOut in
                try connection.receive(hasTimedOut: hasTimedOut).map { placed(order, $0) }
            })
    }

    private static func placed(_ order: Order, _ id: Int) -> Written<Int> {
        Written(value: id, changes: [.placed(PlacedOrder(id: id, order: order))])
    }

    /// The total; NULL, which the column refuses, where a price is another.
    private static func checkedTotal(_ order: Order) -> String {
        if order.items.count == 1, let item = order.items.first {
            return "(SELECT \(order.total) FROM products WHERE id=\(item.productID) AND price=\(item.unitPrice))"
        }
        let prices = Dictionary(
            order.items.map { ($0.productID, $0.unitPrice) }, uniquingKeysWith: { first, _ in first })
        let tests = prices.map { "id=\($0.key) AND price=\($0.value)" }.joined(separator: " OR ")
        return "(SELECT IF(COUNT(*)=\(prices.count),\(order.total),NULL) FROM products WHERE \(tests))"
    }

    private static func statements(placing order: Order) -> String {
        var sql = "START TRANSACTION;INSERT INTO orders (user_id, total_amount) VALUES ("
        sql.reserveCapacity(600)
        sql += "\(order.userID),\(checkedTotal(order)));SET @order = LAST_INSERT_ID();"
        sql += "INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES "
        for (index, item) in order.items.enumerated() {
            sql += index == 0 ? "(@order," : ",(@order,"
            sql += "\(item.productID),\(item.quantity),\(item.unitPrice))"
        }
        sql += ";INSERT INTO stocks (product_id, quantity) VALUES "
        for (index, unit) in order.unitsByProduct.enumerated() {
            sql += index == 0 ? "(" : ",("
            sql += "\(unit.productID),\(-unit.quantity))"
        }
        return sql + " ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity)"
    }

    private func missing(of order: Order) throws -> StoreError? {
        guard try user(order.userID) != nil else { return .notFound("there is no user \(order.userID)") }
        for item in order.items where try product(item.productID) == nil {
            return .notFound("there is no product \(item.productID)")
        }
        return nil
    }
}
