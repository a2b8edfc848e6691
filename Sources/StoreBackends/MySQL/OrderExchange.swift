import StoreServer

/// An order's whole transaction in one exchange with the server.
///
/// One statement after the other, the exchanges cost more than the work: an order took a third longer.
extension MySQLConnection {
    /// Places an order whose items may go out of stock.
    /// - Returns: nil where a price is not what the order says, or its product is gone.
    /// - Throws: `StoreError.notFound` where the user, or a product since its price was checked, is gone.
    func placeInOneExchange(_ order: Order) throws -> Written<Int>? {
        do {
            return Self.placed(order, try exchange(text(of: OrderStatements(placing: order))))
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
            send: { connection in
                guard let hasProcedures = connection.hasOrderProcedures else { return false }
                let call = hasProcedures ? OrderProcedure.call(placing: order) : nil
                return try connection.send(call ?? connection.text(of: OrderStatements(placing: order)))
            },
            receive: { connection, hasTimedOut in
                try connection.receive(hasTimedOut: hasTimedOut).map { placed(order, $0) }
            })
    }

    /// MariaDB answers a compound statement once, and not each statement in it.
    func text(of order: OrderStatements) -> String {
        isMariaDB ? "BEGIN NOT ATOMIC \(committed(order));END" : committed(order)
    }

    /// The statements with their COMMIT and the order's id as the answer: of MariaDB by a variable that it tells the
    /// changes of, since that comes with the answer to the COMMIT, while rows would come before it and by themselves.
    func committed(_ order: OrderStatements) -> String {
        isMariaDB
            ? "\(order.text);SET last_insert_id=\(order.id);COMMIT"
            : "\(order.text);COMMIT;SELECT \(order.id)"
    }

    private static func placed(_ order: Order, _ id: Int) -> Written<Int> {
        Written(value: id, changes: [.placed(PlacedOrder(id: id, order: order))])
    }

    private func missing(of order: Order) throws -> StoreError? {
        guard try user(order.userID) != nil else { return .notFound("there is no user \(order.userID)") }
        for item in order.items where try product(item.productID) == nil {
            return .notFound("there is no product \(item.productID)")
        }
        return nil
    }
}
