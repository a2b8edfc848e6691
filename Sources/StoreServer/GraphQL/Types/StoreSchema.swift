extension GraphQL.Schema {
    /// `product` and `stockLevel`, both from the store's stock items.
    package static let store = GraphQL.Schema(
        query: GraphQL.ObjectType(
            name: "Query", description: "What can be asked of the store.",
            fields: [
                GraphQL.FieldDefinition(
                    name: "product", description: "The product with this id and its stock; null when there is none.",
                    arguments: [id("id")], type: .named("Product"),
                    resolve: { request in
                        try await request.lookup.item(request.text("id")).map { .object($0) } ?? .null
                    }),
                GraphQL.FieldDefinition(
                    name: "stockLevel", description: "Units in stock of a product; null when there is no such product.",
                    arguments: [id("productId")], type: .named("Int"),
                    resolve: { request in
                        try await request.lookup.item(request.text("productId")).map { .int($0.quantity) } ?? .null
                    }),
            ]),
        types: [
            GraphQL.ObjectType(
                name: "Product", description: "A product with its stock.",
                fields: [
                    field("id", "The product's id.", "Int") { .int($0.productID) },
                    field("name", "The product's name.", "String") { .string($0.name) },
                    field("sku", "The stock keeping unit.", "String") { .string($0.sku) },
                    field("price", "The price of one, exact to the cent.", "Float") { .decimal($0.price) },
                    field("quantity", "Units in stock; below zero for back-orders.", "Int") { .int($0.quantity) },
                ])
        ])

    private static func id(_ name: String) -> GraphQL.InputDefinition {
        GraphQL.InputDefinition(name: name, description: "A product's id.", type: .nonNull(.named("String")))
    }

    private static func field(
        _ name: String, _ description: String, _ type: String,
        _ value: @escaping @Sendable (StockItem) -> GraphQL.Resolved
    ) -> GraphQL.FieldDefinition {
        GraphQL.FieldDefinition(name: name, description: description, type: .named(type)) { request in
            (request.source as? StockItem).map(value) ?? .null
        }
    }
}
