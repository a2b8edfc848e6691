extension OpenAPI {
    private static let unavailable = (status: 503, response: "Unavailable")

    static let stockOperations = [
        Operation(
            method: "post", path: "/stocks", id: "setStock", tag: "stocks", summary: "Sets a product's stock",
            body: .init(schema: "NewStock", examples: [("set", #"{"product_id":1,"quantity":1000}"#)]),
            success: .init(
                status: 201, description: "Set.", schema: reference("StockSet"),
                example: #"{"result":"rows updated: 1"}"#),
            failures: [(404, "NotFound"), unavailable]),
        Operation(
            method: "get", path: "/stocks/{id}", id: "stock", tag: "stocks", summary: "A product's stock",
            success: .init(
                description: "The stock.", schema: reference("Stock"), example: #"{"product_id":1,"quantity":1000}"#),
            failures: [(404, "NotFound"), unavailable]),
        Operation(
            method: "get", path: "/stocks/reports/overview-stocks", id: "stockOverview", tag: "stocks",
            summary: "Every stock",
            success: .init(
                description: "By product id.", schema: list(of: "StockLine"),
                example: #"[{"Article":"Laptop ABC","Numéro SKU":"LP12567","Prix unitaire":1999.99,"#
                    + #""Unités en stock":1000}]"#),
            failures: [unavailable]),
        Operation(
            method: "post", path: "/stocks/graphql-query", id: "queryStocks", tag: "stocks",
            summary: "Products and stock levels by GraphQL",
            description:
                "Served from Redis; from MySQL where the store has no Redis. 200 for every GraphQL request: errors of "
                + "the query and of its fields, also a database that is down, stand in `errors`.",
            body: .init(
                schema: "GraphQLRequest",
                examples: [
                    (
                        "course",
                        #"{"query":"{ product(id: \"1\") { id name sku price quantity } stockLevel(productId: \"1\") }","#
                            + #""variables":{}}"#
                    ),
                    (
                        "variable",
                        #"{"query":"query Level($id: String!) { stockLevel(productId: $id) }","variables":{"id":"2"},"#
                            + #""operationName":"Level"}"#
                    ),
                ]),
            success: .init(
                description: "The answer.", schema: reference("GraphQLResponse"),
                example: #"{"data":{"stockLevel":500},"errors":null}"#),
            failures: []),
    ]

    static let storeOperations = [
        Operation(
            method: "get", path: "/health-check", id: "health", tag: "operations", summary: "Whether the store is up",
            description: "Asks no database.",
            success: .init(description: "It is up.", schema: reference("Health"), example: #"{"status":"ok"}"#),
            failures: []),
        Operation(
            method: "get", path: "/metrics", id: "metrics", tag: "operations", summary: "Figures for Prometheus",
            success: .init(
                description: "Prometheus text format, version 0.0.4.", schema: #"{"type":"string"}"#,
                contentType: "text/plain"),
            failures: []),
        Operation(
            method: "get", path: "/openapi.json", id: "description", tag: "operations", summary: "This description",
            success: .init(description: "OpenAPI 3.1.", schema: #"{"type":"object"}"#), failures: []),
    ]
}
