import Hummingbird

/// Orders and the two reports on them.
struct OrderRoutes {
    let store: any Store
    let metrics: StoreMetrics

    func add(to routes: RouteTable) {
        routes.on(.post, "/orders") { request, _ in
            metrics.orders.increment()
            let order = try Self.newOrder(await request.jsonBody())
            return Answer.created("order_id", try await store.placeOrder(order))
        }
        routes.on(.get, "/orders/{id}") { _, context in
            let id = try context.id()
            guard let order = try await store.order(id) else { throw StoreError.notFound("there is no order \(id)") }
            return Answer.json { Self.write(order, to: &$0) }
        }
        routes.on(.delete, "/orders/{id}") { _, context in
            Answer.deleted(try await store.deleteOrder(context.id()))
        }
        routes.on(.get, "/orders/reports/highest-spenders") { _, _ in
            metrics.highestSpenders.increment()
            return Answer.json(try await store.highestSpenders().json)
        }
        routes.on(.get, "/orders/reports/best-sellers") { _, _ in
            metrics.bestSellers.increment()
            return Answer.json(try await store.bestSellers().json)
        }
    }

    private static func newOrder(_ body: JSONObject) throws -> NewOrder {
        NewOrder(
            userID: try body.integer("user_id", in: Identifier.range),
            items: try body.objects("items", count: Bounds.orderItems).map { item in
                NewItem(
                    productID: try item.integer("product_id", in: Identifier.range),
                    quantity: try item.integer("quantity", in: Bounds.itemQuantity))
            })
    }

    private static func write(_ order: Order, to writer: inout JSONWriter) {
        writer.object {
            $0.member("user_id", order.userID)
            $0.member("total_amount", order.total)
            $0.name("items")
            $0.array(order.items) { writer, item in
                writer.object {
                    $0.member("product_id", item.productID)
                    $0.member("quantity", item.quantity)
                    $0.member("unit_price", item.unitPrice)
                }
            }
        }
    }
}
