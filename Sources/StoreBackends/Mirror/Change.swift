import NIOCore
import StoreServer

/// What a transaction other than a new order did to the rows that Redis mirrors. It is written into MySQL's outbox by the
/// transaction itself.
///
/// Changes add and subtract, and a deleted thing stays deleted, so that they may reach Redis in any order.
struct Change: Sendable {
    /// Orders that there are no more. What they were worth is in Redis, or never will be.
    var deletedOrders: [Int] = []
    /// Units of products that came into stock by themselves, not by an order.
    var stocked: [StockDelta] = []
    var newProduct: Product?
    var deletedProduct: Int?
}

/// As it is kept in MySQL and as the script in Redis reads it.
extension Change {
    var json: String {
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            if !deletedOrders.isEmpty {
                writer.name("deletedOrders")
                writer.array(deletedOrders) { $0.number($1) }
            }
            if !stocked.isEmpty {
                writer.name("stocked")
                writer.array(stocked) { $0.pair($1.productID, $1.quantity) }
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
}

extension JSONWriter {
    fileprivate mutating func pair(_ first: Int, _ second: Int) {
        array([first, second]) { $0.number($1) }
    }
}
