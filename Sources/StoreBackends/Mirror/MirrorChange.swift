import NIOCore
import StoreServer

/// What Redis is told.
///
/// A new order stands in MySQL as its rows, which say all that Redis has to know, and its id tells whether Redis has it
/// already. So it needs no entry in the outbox, which cost a sixth of what MySQL did for an order.
enum MirrorChange: Sendable {
    case placed(PlacedOrder)
    case entry(OutboxEntry)
}

extension PlacedOrder {
    static let wordCount = 4

    /// The order's id and hash, as the script in Redis reads them.
    var words: [String] {
        ["\(id)", "\(order.userID)", order.total.description, order.itemsJSON]
    }
}

extension Order {
    /// The field `items` of an order's hash.
    var itemsJSON: String {
        var items = JSONWriter(capacity: 64 * self.items.count)
        items.array(self.items) { writer, item in
            writer.object {
                $0.member("product_id", item.productID)
                $0.member("quantity", item.quantity)
                $0.member("unit_price", item.unitPrice)
            }
        }
        return String(buffer: items.buffer)
    }
}
