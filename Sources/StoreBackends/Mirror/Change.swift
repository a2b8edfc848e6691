import NIOCore
import StoreServer

/// What a transaction did to the rows that Redis mirrors. It is written into MySQL with the transaction itself.
///
/// Changes add and subtract, and a deleted thing stays deleted, so that they may reach Redis in any order.
struct Change: Sendable, Equatable {
    /// Orders that there are now.
    var placed: [PlacedOrder] = []
    /// Orders that there are no more.
    var deleted: [Int] = []
    /// Cents that a user's orders are worth more, or less.
    var spent: [(user: Int, cents: Int)] = []
    /// Units of products that were sold, or put back where below zero.
    var sold: [StockDelta] = []
    /// Units of products that came into stock by themselves, not by an order.
    var stocked: [StockDelta] = []
    var newProduct: Product?
    var deletedProduct: Int?

    static func place(_ order: PlacedOrder) -> Change {
        Change(
            placed: [order], spent: [(user: order.order.userID, cents: order.order.total.cents)],
            sold: order.order.unitsByProduct)
    }

    /// Orders of one user that are deleted together.
    static func delete(_ orders: [PlacedOrder], of user: Int) -> Change {
        var units: [Int: Int] = [:]
        for order in orders {
            for item in order.order.items { units[item.productID, default: 0] -= item.quantity }
        }
        return Change(
            deleted: orders.map(\.id), spent: [(user: user, cents: -orders.reduce(0) { $0 + $1.order.total.cents })],
            sold: units.sorted { $0.key < $1.key }.map { StockDelta(productID: $0.key, quantity: $0.value) })
    }

    static func == (left: Change, right: Change) -> Bool { left.json == right.json }
}

/// As it is kept in MySQL and as the script in Redis reads it.
extension Change {
    var json: String {
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            if !placed.isEmpty {
                writer.name("placed")
                writer.array(placed) { Self.write($1, to: &$0) }
            }
            if !deleted.isEmpty {
                writer.name("deleted")
                writer.array(deleted) { $0.number($1) }
            }
            if !spent.isEmpty {
                writer.name("spent")
                writer.array(spent) { $0.pair($1.user, $1.cents) }
            }
            for (name, deltas) in [("sold" as StaticString, sold), ("stocked", stocked)] where !deltas.isEmpty {
                writer.name(name)
                writer.array(deltas) { $0.pair($1.productID, $1.quantity) }
            }
            if let product = newProduct {
                writer.name("newProduct")
                writer.object {
                    $0.member("id", product.id)
                    $0.member("name", product.name)
                    $0.member("sku", product.sku)
                    $0.member("price", product.price.description)
                }
            }
            if let deletedProduct { writer.member("deletedProduct", deletedProduct) }
        }
        return String(buffer: writer.buffer)
    }

    private static func write(_ placed: PlacedOrder, to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", placed.id)
            $0.member("user", placed.order.userID)
            $0.member("total", placed.order.total.description)
            $0.member("items", itemsJSON(of: placed.order))
        }
    }

    /// The field `items` of an order's hash.
    static func itemsJSON(of order: Order) -> String {
        var items = JSONWriter(capacity: 64 * order.items.count)
        items.array(order.items) { writer, item in
            writer.object {
                $0.member("product_id", item.productID)
                $0.member("quantity", item.quantity)
                $0.member("unit_price", item.unitPrice)
            }
        }
        return String(buffer: items.buffer)
    }
}

extension JSONWriter {
    fileprivate mutating func pair(_ first: Int, _ second: Int) {
        array([first, second]) { $0.number($1) }
    }
}
