import StoreServer

/// Writes a data set in pipelines.
struct RedisFiller {
    let connection: RedisConnection

    private static let commandsPerPipeline = 5000

    func fill(_ dataset: Dataset) throws {
        _ = try connection.command("FLUSHDB")
        var pipeline = RedisPipeline()
        for (product, quantity) in zip(dataset.products, dataset.stocks) {
            pipeline.add(
                "HSET", RedisKeys.stock(product.id), "product_name", product.name, "product_sku", product.sku,
                "product_unit_price", product.price.description, "quantity", "\(quantity)")
            try flush(&pipeline)
        }
        var spent: [Int: Int] = [:]
        var sold: [Int: Int] = [:]
        for (index, order) in dataset.orders.enumerated() {
            Mirror.addHash(of: PlacedOrder(id: index + 1, order: order), to: &pipeline)
            spent[order.userID, default: 0] += order.total.cents
            for item in order.items { sold[item.productID, default: 0] += item.quantity }
            try flush(&pipeline)
        }
        for (key, amounts) in [(RedisKeys.spenders, spent), (RedisKeys.sellers, sold)] {
            for (id, amount) in amounts.sorted(by: { $0.key < $1.key }) {
                pipeline.add("ZADD", key, "\(-amount)", RedisKeys.member(id))
                try flush(&pipeline)
            }
        }
        if pipeline.count > 0 { _ = try connection.send(pipeline) }
    }

    private func flush(_ pipeline: inout RedisPipeline) throws {
        guard pipeline.count >= Self.commandsPerPipeline else { return }
        _ = try connection.send(pipeline)
        pipeline = RedisPipeline()
    }
}
