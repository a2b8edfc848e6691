package import StoreServer

/// Products with their stock, as GraphQL asks for them.
extension DatabaseStore {
    /// From Redis, where every product's hash follows MySQL; where Redis is switched off, from MySQL.
    package func stockItem(_ productID: Int) async throws -> StockItem? {
        let readMySQL = { try await self.inMySQL { try $0.stockItem(productID) } }
        guard let redis else { return try await readMySQL() }
        return try await fromMirror(
            { try await redis.run { try $0.consistently { try $0.stockItem(productID) } } }, orElse: readMySQL)
    }
}

extension RedisConnection {
    fileprivate func stockItem(_ productID: Int) throws -> StockItem? {
        let key = RedisKeys.stock(productID)
        let reply = try command("HMGET", key, "product_name", "product_sku", "product_unit_price", "quantity")
        // A product that was deleted has no hash; a hash with a quantity alone is what a late change left of one.
        guard let values = reply.array, values.count == 4, let name = values[0].text, let sku = values[1].text else {
            return nil
        }
        guard let price = values[2].text.flatMap({ Money($0) }), let quantity = values[3].text.flatMap({ Int($0) })
        else {
            throw RedisError(message: "\(key) holds something else than a price and a quantity")
        }
        return StockItem(productID: productID, name: name, sku: sku, price: price, quantity: quantity)
    }
}

extension MySQLConnection {
    fileprivate func stockItem(_ productID: Int) throws -> StockItem? {
        try query(
            "SELECT p.name, p.sku, p.price, COALESCE(s.quantity, 0) FROM products p "
                + "LEFT JOIN stocks s ON s.product_id = p.id WHERE p.id = ?",
            [.int(productID)]
        ).rows.first.map { row in
            StockItem(
                productID: productID, name: try row.text(0), sku: try row.text(1), price: try row.money(2),
                quantity: try row.int(3))
        }
    }
}
