import Hummingbird

/// Products and users.
struct CatalogueRoutes {
    let store: any Store

    func add(to routes: RouteTable) {
        addProducts(to: routes)
        addUsers(to: routes)
    }

    private func addProducts(to routes: RouteTable) {
        routes.on(.post, "/products") { request, _ in
            let body = try await request.jsonBody()
            let product = NewProduct(
                name: try body.text("name", upTo: Bounds.productName), sku: try body.text("sku", upTo: Bounds.sku),
                price: try body.money("price", in: Bounds.price))
            return Answer.created("product_id", try await store.addProduct(product))
        }
        routes.on(.get, "/products/{id}") { _, context in
            let id = try context.id()
            guard let product = try await store.product(id) else {
                throw StoreError.notFound("there is no product \(id)")
            }
            return Answer.json { writer in
                writer.object {
                    $0.member("id", product.id)
                    $0.member("name", product.name)
                    $0.member("sku", product.sku)
                    $0.member("price", product.price)
                }
            }
        }
        routes.on(.delete, "/products/{id}") { _, context in
            Answer.deleted(try await store.deleteProduct(context.id()))
        }
    }

    private func addUsers(to routes: RouteTable) {
        routes.on(.post, "/users") { request, _ in
            let body = try await request.jsonBody()
            let user = NewUser(
                name: try body.text("name", upTo: Bounds.userName), email: try body.text("email", upTo: Bounds.email))
            guard Bounds.isEmail(user.email) else {
                throw RequestError.badRequest("email must have one @ with something on both sides, and no space")
            }
            return Answer.created("user_id", try await store.addUser(user))
        }
        routes.on(.get, "/users/{id}") { _, context in
            let id = try context.id()
            guard let user = try await store.user(id) else { throw StoreError.notFound("there is no user \(id)") }
            return Answer.json { writer in
                writer.object {
                    $0.member("id", user.id)
                    $0.member("name", user.name)
                    $0.member("email", user.email)
                }
            }
        }
        routes.on(.delete, "/users/{id}") { _, context in
            Answer.deleted(try await store.deleteUser(context.id()))
        }
    }
}
