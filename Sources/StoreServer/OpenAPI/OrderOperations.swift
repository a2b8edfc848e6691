extension OpenAPI {
    private static let unavailable = (status: 503, response: "Unavailable")

    static let orderOperations = [
        Operation(
            method: "post", path: "/orders", id: "placeOrder", tag: "orders", summary: "Places an order",
            description:
                "Takes the items out of stock. The stock may fall below zero unless the store is configured to refuse that. "
                + "Prices are those of now. 409 for a total above 9999999999.99, and where the stock cannot go so low.",
            body: .init(
                schema: "NewOrder",
                examples: [
                    ("one", #"{"user_id":1,"items":[{"product_id":1,"quantity":2}]}"#),
                    (
                        "three",
                        #"{"user_id":2,"items":[{"product_id":2,"quantity":1},{"product_id":3,"quantity":5},"#
                            + #"{"product_id":4,"quantity":2}]}"#
                    ),
                ]),
            success: .init(
                status: 201, description: "Placed.", schema: reference("OrderPlaced"), example: #"{"order_id":17}"#,
                links: links(to: ["order", "deleteOrder"], member: "order_id")),
            failures: [(404, "NotFound"), (409, "Conflict"), unavailable]),
        Operation(
            method: "get", path: "/orders/{id}", id: "order", tag: "orders", summary: "An order",
            success: .init(
                description: "The order.", schema: reference("Order"),
                example: #"{"user_id":1,"total_amount":3999.98,"items":[{"product_id":1,"quantity":2,"#
                    + #""unit_price":1999.99}]}"#),
            failures: [(404, "NotFound"), unavailable]),
        Operation(
            method: "delete", path: "/orders/{id}", id: "deleteOrder", tag: "orders", summary: "Deletes an order",
            description: "Puts the items back in stock. 409 where that would be more than is kept.",
            success: .init(description: "Deleted.", schema: reference("Deleted"), example: #"{"deleted":true}"#),
            failures: [(404, "NothingDeleted"), (409, "Conflict"), unavailable]),
        Operation(
            method: "get", path: "/orders/reports/highest-spenders", id: "highestSpenders", tag: "orders",
            summary: "The ten who spent most", description: "Largest first, equal ones by id.",
            success: .init(
                description: "The report; empty without orders.", schema: list(of: "Spender", atMost: reportLength),
                example: #"[{"user_id":1,"total_expense":3999.98}]"#),
            failures: [unavailable]),
        Operation(
            method: "get", path: "/orders/reports/best-sellers", id: "bestSellers", tag: "orders",
            summary: "The ten most sold products", description: "Largest first, equal ones by id.",
            success: .init(
                description: "The report; empty without orders.", schema: list(of: "BestSeller", atMost: reportLength),
                example: #"[{"product_id":1,"quantity_sold":2}]"#),
            failures: [unavailable]),
    ]

    /// Links that hand the new id to the operations on it.
    static func links(to operations: [String], member: String) -> String {
        "{"
            + operations.map { operation in
                "\"\(operation)\":{\"operationId\":\"\(operation)\",\"parameters\":{\"id\":\"$response.body#/\(member)\"}}"
            }.joined(separator: ",") + "}"
    }
}
