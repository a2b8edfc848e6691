import StoreServer

/// Units to take out of stock (below zero) or to put back, of one product.
struct StockDelta: Sendable, Equatable {
    var productID: Int
    var quantity: Int
}

/// An order as it was committed.
struct PlacedOrder: Sendable, Equatable {
    var id: Int
    var order: Order
}

extension Order {
    /// What the items are in units per product, in ascending order of product ids: the order in which rows are locked.
    var unitsByProduct: [StockDelta] {
        var units: [Int: Int] = [:]
        for item in items { units[item.productID, default: 0] += item.quantity }
        return units.sorted { $0.key < $1.key }.map { StockDelta(productID: $0.key, quantity: $0.value) }
    }
}

extension NewOrder {
    /// The most that `decimal(12,2)` holds.
    private static let largestTotal = Money(cents: 9_999_999_999_99)

    private static let tooLarge = StoreError.conflict(
        "at today's prices the order's total would be above \(largestTotal)")

    /// Each once, in ascending order.
    var productIDs: [Int] { Array(Set(items.map(\.productID))).sorted() }

    /// - Throws: `StoreError` where a product has no price, or the total is too large.
    func priced(_ prices: [Int: Money]) throws -> Order {
        var order = Order(userID: userID, total: .zero, items: [])
        for item in items {
            guard let price = prices[item.productID] else {
                throw StoreError.notFound("there is no product \(item.productID)")
            }
            guard let amount = price.times(item.quantity), amount <= Self.largestTotal else { throw Self.tooLarge }
            order.total += amount
            order.items.append(OrderItem(productID: item.productID, quantity: item.quantity, unitPrice: price))
        }
        guard order.total <= Self.largestTotal else { throw Self.tooLarge }
        return order
    }
}

/// Placing and deleting orders, each in one transaction.
///
/// Stock rows are what orders compete for. They are locked last and in ascending order of product ids, so that they
/// are held shortly and two orders cannot wait for each other.
extension MySQLConnection {
    /// The prices are known or read before the transaction, which makes sure that they still hold.
    func place(_ new: NewOrder, allowsBackOrders: Bool, prices memory: PriceMemory) throws -> Written<Int> {
        let ids = new.productIDs
        guard allowsBackOrders else { return try placeFromStock(new.priced(try prices(of: ids, memory.reads))) }
        if hasOrderProcedures == nil { hasOrderProcedures = try findsOrderProcedures() }
        if let known = memory.prices(of: ids), let written = try placeInOneExchange(new.priced(known)) {
            return written
        }
        if let count = memory.claimFilling() { memory.remember(try prices(ofFirst: count)) }
        for _ in 0..<Self.readings {
            let read = try prices(of: ids, memory.reads)
            memory.remember(read)
            if let written = try placeInOneExchange(new.priced(read)) { return written }
        }
        throw StoreError.unavailable("the prices of the products change while they are ordered")
    }

    /// Times that prices are read for one order.
    private static let readings = 3

    private func placeFromStock(_ order: Order) throws -> Written<Int> {
        let id = try transaction {
            let id: Int
            do {
                id = try query(
                    "INSERT INTO orders (user_id, total_amount) VALUES (?,?)",
                    [.int(order.userID), .text(order.total.description)]
                ).insertID
            } catch let error as MySQLError where error.code == MySQLError.noReferencedRow {
                throw StoreError.notFound("there is no user \(order.userID)")
            }
            try insert(order.items, of: id)
            let units = order.unitsByProduct
            try requireStock(of: units)
            try changeStock(by: units.map { StockDelta(productID: $0.productID, quantity: -$0.quantity) })
            return id
        }
        return Written(value: id, changes: [.placed(PlacedOrder(id: id, order: order))])
    }

    private func requireStock(of units: [StockDelta]) throws {
        let ids = SQL.padded(units.map(\.productID))
        let rows = try query(
            "SELECT product_id, quantity FROM stocks WHERE product_id IN (\(SQL.marks(ids.count))) "
                + "ORDER BY product_id FOR UPDATE",
            ids.map(MySQLValue.int)
        ).rows
        let stock = Dictionary(try rows.map { (try $0.int(0), try $0.int(1)) }, uniquingKeysWith: { first, _ in first })
        for unit in units where stock[unit.productID, default: 0] < unit.quantity {
            throw StoreError.conflict(
                "there are \(max(0, stock[unit.productID, default: 0])) of product \(unit.productID) in stock, "
                    + "and \(unit.quantity) were ordered")
        }
    }

    private func prices(of ids: [Int], _ reads: PriceReads) throws -> [Int: Money] {
        guard reads == .perProduct else { return try prices(of: ids) }
        return try ids.reduce(into: [:]) { all, id in all.merge(try prices(of: [id])) { $1 } }
    }

    /// One query for all.
    private func prices(of ids: [Int]) throws -> [Int: Money] {
        let ids = SQL.padded(ids)
        let rows = try query(
            "SELECT id, price FROM products WHERE id IN (\(SQL.marks(ids.count)))", ids.map(MySQLValue.int)
        ).rows
        return try Self.prices(in: rows)
    }

    private func prices(ofFirst count: Int) throws -> [Int: Money] {
        let rows = try query("SELECT id, price FROM products ORDER BY id LIMIT \(count)").rows
        return try Self.prices(in: rows)
    }

    private static func prices(in rows: [[MySQLValue]]) throws -> [Int: Money] {
        Dictionary(try rows.map { (try $0.int(0), try $0.money(1)) }, uniquingKeysWith: { first, _ in first })
    }

    private func insert(_ items: [OrderItem], of orderID: Int) throws {
        for chunk in SQL.chunks(items) {
            _ = try query(
                "INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES "
                    + SQL.values(rows: chunk.count, columns: 4),
                chunk.flatMap { item -> [MySQLValue] in
                    [.int(orderID), .int(item.productID), .int(item.quantity), .text(item.unitPrice.description)]
                })
        }
    }

    /// - Parameter deltas: in ascending order of product ids. A product without a stock gets one.
    func changeStock(by deltas: [StockDelta]) throws {
        for chunk in SQL.chunks(deltas) {
            _ = try query(
                "INSERT INTO stocks (product_id, quantity) VALUES \(SQL.values(rows: chunk.count, columns: 2)) "
                    + "ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity)",
                chunk.flatMap { [MySQLValue.int($0.productID), .int($0.quantity)] })
        }
    }

    func order(_ id: Int) throws -> Order? {
        let head = try query("SELECT user_id, total_amount FROM orders WHERE id = ?", [.int(id)]).rows.first
        guard let head else { return nil }
        let rows = try query(
            "SELECT product_id, quantity, unit_price FROM order_items WHERE order_id = ? ORDER BY id", [.int(id)]
        ).rows
        let items = try rows.map { row in
            OrderItem(productID: try row.int(0), quantity: try row.int(1), unitPrice: try row.money(2))
        }
        return Order(userID: try head.int(0), total: try head.money(1), items: items)
    }

    /// - Returns: whether there was such an order.
    func deleteOrder(_ id: Int) throws -> Written<Bool> {
        try writing { record in
            let locked = try query("SELECT id FROM orders WHERE id = ? FOR UPDATE", [.int(id)]).rows
            guard !locked.isEmpty, let order = try order(id) else { return false }
            _ = try query("DELETE FROM orders WHERE id = ?", [.int(id)])
            try record(Change(deletedOrders: [id]))
            try changeStock(by: order.unitsByProduct)
            return true
        }
    }
}
