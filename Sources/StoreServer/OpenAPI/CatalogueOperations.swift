extension OpenAPI {
    private static let unavailable = (status: 503, response: "Unavailable")

    static let catalogueOperations = [
        Operation(
            method: "post", path: "/products", id: "addProduct", tag: "products", summary: "Adds a product",
            body: .init(
                schema: "NewProduct", examples: [("laptop", #"{"name":"Laptop ABC","sku":"LP12567","price":1999.99}"#)]),
            success: .init(
                status: 201, description: "Added.", schema: reference("ProductAdded"), example: #"{"product_id":5}"#,
                links: links(to: ["product", "deleteProduct"], member: "product_id")),
            failures: [unavailable]),
        Operation(
            method: "get", path: "/products/{id}", id: "product", tag: "products", summary: "A product",
            success: .init(
                description: "The product.", schema: reference("Product"),
                example: #"{"id":1,"name":"Laptop ABC","sku":"LP12567","price":1999.99}"#),
            failures: [(404, "NotFound"), unavailable]),
        Operation(
            method: "delete", path: "/products/{id}", id: "deleteProduct", tag: "products",
            summary: "Deletes a product",
            description: "Its stock goes with it. A product that was ordered stays: 409.",
            success: .init(description: "Deleted.", schema: reference("Deleted"), example: #"{"deleted":true}"#),
            failures: [(404, "NothingDeleted"), (409, "Conflict"), unavailable]),
        Operation(
            method: "post", path: "/users", id: "addUser", tag: "users", summary: "Adds a user",
            description: "The email must be new, whatever its case.",
            body: .init(
                schema: "NewUser", examples: [("ada", #"{"name":"Ada Lovelace","email":"alovelace@example.com"}"#)]),
            success: .init(
                status: 201, description: "Added.", schema: reference("UserAdded"), example: #"{"user_id":4}"#,
                links: links(to: ["user", "deleteUser"], member: "user_id")),
            failures: [(409, "Conflict"), unavailable]),
        Operation(
            method: "get", path: "/users/{id}", id: "user", tag: "users", summary: "A user",
            success: .init(
                description: "The user.", schema: reference("User"),
                example: #"{"id":1,"name":"Ada Lovelace","email":"alovelace@example.com"}"#),
            failures: [(404, "NotFound"), unavailable]),
        Operation(
            method: "delete", path: "/users/{id}", id: "deleteUser", tag: "users", summary: "Deletes a user",
            description: "The user's orders go too, and their items back in stock. 409 where that is too much.",
            success: .init(description: "Deleted.", schema: reference("Deleted"), example: #"{"deleted":true}"#),
            failures: [(404, "NothingDeleted"), (409, "Conflict"), unavailable]),
    ]
}
