import Hummingbird

struct StockRoutes {
    let store: any Store

    func add(to routes: RouteTable) {
        routes.on(.post, "/stocks") { request, _ in
            let body = try await request.jsonBody()
            let change = try await store.setStock(
                of: body.integer("product_id", in: Identifier.range),
                to: body.integer("quantity", in: Bounds.stock))
            return Answer.json(.created) { writer in
                writer.object { $0.member("result", change == .updated ? "rows updated: 1" : "rows added: 1") }
            }
        }
        routes.on(.get, "/stocks/{id}") { _, context in
            let id = try context.id()
            guard let quantity = try await store.stock(of: id) else {
                throw StoreError.notFound("there is no stock of a product \(id)")
            }
            return Answer.json { writer in
                writer.object {
                    $0.member("product_id", id)
                    $0.member("quantity", quantity)
                }
            }
        }
        routes.on(.get, "/stocks/reports/overview-stocks") { _, _ in
            let lines = try await store.stockOverview()
            return Answer.json { writer in
                writer.array(lines) { writer, line in
                    writer.object {
                        $0.member("Article", line.name)
                        $0.member("Numéro SKU", line.sku)
                        $0.member("Prix unitaire", line.price)
                        $0.member("Unités en stock", line.quantity)
                    }
                }
            }
        }
    }
}
