import StoreServer

/// An order's transaction as a stored procedure, of as many items as most orders have, each of another product.
///
/// As text, the server had to parse it for each order, which was a fifth of what an order took of MariaDB. The
/// procedures come with the schema; without them, and for all other orders, the text is sent.
enum OrderProcedure {
    static let itemCounts = 1...3

    fileprivate static func name(_ count: Int) -> String { "place_order_\(count)" }

    /// - Returns: nil for an order that none of them places.
    static func call(placing order: Order) -> String? {
        let count = order.items.count
        guard itemCounts.contains(count) else { return nil }
        var sql = "CALL \(name(count))(\(order.userID),\(order.total)"
        for item in order.items { sql += ",\(item.productID),\(item.quantity),\(item.unitPrice)" }
        let units = order.unitsByProduct
        guard units.count == count else { return nil }
        for unit in units { sql += ",\(unit.productID),\(-unit.quantity)" }
        return sql + ")"
    }

    fileprivate static func parameters(_ count: Int) -> String {
        let items = (1...count).map { ",product\($0) INT,quantity\($0) INT,price\($0) DECIMAL(10,2)" }
        let units = (1...count).map { ",stocked\($0) INT,change\($0) INT" }
        return "customer INT,total DECIMAL(12,2)" + items.joined() + units.joined()
    }

    fileprivate static func statements(_ count: Int) -> OrderStatements {
        OrderStatements(
            user: "customer", total: "total", id: "placed",
            items: (1...count).map { .init(product: "product\($0)", quantity: "quantity\($0)", price: "price\($0)") },
            units: (1...count).map { .init(product: "stocked\($0)", change: "change\($0)") })
    }
}

extension MySQLConnection {
    /// Makes the procedures anew; where the user may not, there are none.
    func createOrderProcedures() throws {
        do {
            for count in OrderProcedure.itemCounts {
                let statements = OrderProcedure.statements(count)
                try execute("DROP PROCEDURE IF EXISTS \(OrderProcedure.name(count))")
                try execute(
                    "CREATE PROCEDURE \(OrderProcedure.name(count))(\(OrderProcedure.parameters(count))) "
                        + "SQL SECURITY INVOKER BEGIN DECLARE \(statements.id) INT;"
                        + "\(committed(statements));END")
            }
        } catch let error as MySQLError where error.isDenied {}
    }

    /// - Returns: whether there are all of them, and the user may call them.
    func findsOrderProcedures() throws -> Bool {
        let names = OrderProcedure.itemCounts.map { "'\(OrderProcedure.name($0))'" }.joined(separator: ",")
        let count = try query(
            "SELECT COUNT(*) FROM information_schema.routines "
                + "WHERE routine_schema = DATABASE() AND routine_name IN (\(names))"
        ).rows.first?.int(0)
        return count == OrderProcedure.itemCounts.count
    }
}
