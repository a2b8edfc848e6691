import NIOCore
import StoreServer

/// Changes of Redis that follow what MySQL has committed. They add and subtract, so their order does not matter.
enum Mirror {
    static func place(_ placed: PlacedOrder) -> RedisPipeline {
        transaction { pipeline in
            addHash(of: placed, to: &pipeline)
            count(placed.order, times: 1, in: &pipeline)
        }
    }

    static func delete(_ deleted: PlacedOrder) -> RedisPipeline {
        transaction { pipeline in
            pipeline.add("DEL", RedisKeys.order(deleted.id))
            count(deleted.order, times: -1, in: &pipeline)
            removeZeros(from: &pipeline)
        }
    }

    static func deleteUser(_ id: Int, _ deleted: DeletedUser) -> RedisPipeline {
        transaction { pipeline in
            for order in deleted.orders { pipeline.add("DEL", RedisKeys.order(order)) }
            pipeline.add("ZREM", RedisKeys.spenders, RedisKeys.member(id))
            for units in deleted.stock {
                changeStock(by: units, in: &pipeline)
                pipeline.add("ZINCRBY", RedisKeys.sellers, "\(units.quantity)", RedisKeys.member(units.productID))
            }
            removeZeros(from: &pipeline)
        }
    }

    static func addProduct(_ product: Product) -> RedisPipeline {
        transaction { setProduct(product, in: &$0) }
    }

    static func deleteProduct(_ id: Int) -> RedisPipeline {
        transaction { $0.add("DEL", RedisKeys.stock(id)) }
    }

    static func changeStock(by delta: StockDelta) -> RedisPipeline {
        transaction { changeStock(by: delta, in: &$0) }
    }

    static func setProduct(_ product: Product, in pipeline: inout RedisPipeline) {
        let key = RedisKeys.stock(product.id)
        pipeline.add(
            "HSET", key, "product_name", product.name, "product_sku", product.sku, "product_unit_price",
            product.price.description)
        pipeline.add("HINCRBY", key, "quantity", "0")
    }

    static func addHash(of placed: PlacedOrder, to pipeline: inout RedisPipeline) {
        var items = JSONWriter()
        items.array(placed.order.items) { writer, item in
            writer.object {
                $0.member("product_id", item.productID)
                $0.member("quantity", item.quantity)
                $0.member("unit_price", item.unitPrice)
            }
        }
        pipeline.add(
            "HSET", RedisKeys.order(placed.id), "user_id", "\(placed.order.userID)", "total_amount",
            placed.order.total.description, "items", String(decoding: items.buffer.readableBytesView, as: UTF8.self))
    }

    private static func count(_ order: Order, times sign: Int, in pipeline: inout RedisPipeline) {
        let spent = sign * order.total.cents
        pipeline.add("ZINCRBY", RedisKeys.spenders, "\(-spent)", RedisKeys.member(order.userID))
        for units in order.unitsByProduct {
            let delta = StockDelta(productID: units.productID, quantity: -sign * units.quantity)
            changeStock(by: delta, in: &pipeline)
            pipeline.add("ZINCRBY", RedisKeys.sellers, "\(delta.quantity)", RedisKeys.member(units.productID))
        }
    }

    private static func changeStock(by delta: StockDelta, in pipeline: inout RedisPipeline) {
        pipeline.add("HINCRBY", RedisKeys.stock(delta.productID), "quantity", "\(delta.quantity)")
    }

    /// Who has no orders left has no row in MySQL's report either. Prices and quantities are above zero, so a score of
    /// zero says just that.
    private static func removeZeros(from pipeline: inout RedisPipeline) {
        pipeline.add("ZREMRANGEBYSCORE", RedisKeys.spenders, "0", "0")
        pipeline.add("ZREMRANGEBYSCORE", RedisKeys.sellers, "0", "0")
    }

    private static func transaction(_ body: (inout RedisPipeline) -> Void) -> RedisPipeline {
        var pipeline = RedisPipeline()
        pipeline.add("MULTI")
        body(&pipeline)
        pipeline.add("EXEC")
        return pipeline
    }
}
