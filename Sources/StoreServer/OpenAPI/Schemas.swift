extension OpenAPI {
    static func reference(_ schema: String) -> String { "{\"$ref\":\"#/components/schemas/\(schema)\"}" }

    static func list(of schema: String, atMost count: Int? = nil) -> String {
        "{\"type\":\"array\",\"items\":\(reference(schema))\(count.map { ",\"maxItems\":\($0)" } ?? "")}"
    }

    /// An object whose members are all there.
    private static func object(_ description: String, _ members: KeyValuePairs<String, String>) -> String {
        let names = members.map { "\"\($0.key)\"" }.joined(separator: ",")
        let properties = members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        return
            "{\"type\":\"object\",\"description\":\"\(description)\",\"required\":[\(names)],\"properties\":{\(properties)}}"
    }

    private static func integer(_ range: ClosedRange<Int>? = nil) -> String {
        guard let range else { return "{\"type\":\"integer\"}" }
        return "{\"type\":\"integer\",\"minimum\":\(range.lowerBound),\"maximum\":\(range.upperBound)}"
    }

    private static func text(_ length: Int) -> String {
        "{\"type\":\"string\",\"minLength\":1,\"maxLength\":\(length),\"pattern\":\"[^\(blank)]\"}"
    }

    /// The blank characters for a class of a regular expression, escaped for JSON.
    private static var blank: String {
        Bounds.blank.map { range in
            let ends = [range.lowerBound, range.upperBound].map { bound in
                let digits = String(bound, radix: 16)
                return "\\\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
            return range.count == 1 ? ends[0] : ends.joined(separator: "-")
        }.joined()
    }

    private static var price: String {
        "{\"type\":\"number\",\"minimum\":\(Bounds.price.lowerBound),\"maximum\":\(Bounds.price.upperBound),"
            + "\"multipleOf\":0.01,\"description\":\"A whole number of cents. What is off by less than a millionth of a cent, "
            + "as binary floating point leaves it, is taken for that cent.\"}"
    }

    private static var email: String {
        "{\"type\":\"string\",\"minLength\":3,\"maxLength\":\(Bounds.email),\"pattern\":\"^[^@\(blank)]+@[^@\(blank)]+$\"}"
    }

    private static let amount = "{\"type\":\"number\",\"minimum\":0}"
    private static let string = "{\"type\":\"string\"}"

    private static func nullable(_ type: String) -> String { "{\"type\":[\"\(type)\",\"null\"]}" }

    static let schemas: String = {
        let id = reference("Id")
        let all: KeyValuePairs<String, String> = [
            "Id": integer(Identifier.range),
            "Error": object("Why a request was refused.", ["error": "{\"type\":\"string\",\"minLength\":1}"]),
            "Health": object("The store is up.", ["status": "{\"const\":\"ok\"}"]),
            "NewOrder": object(
                "An order to place.",
                [
                    "user_id": id,
                    "items": "{\"type\":\"array\",\"minItems\":\(Bounds.orderItems.lowerBound),"
                        + "\"maxItems\":\(Bounds.orderItems.upperBound),\"items\":\(reference("NewItem"))}",
                ]),
            "NewItem": object("So many of a product.", ["product_id": id, "quantity": integer(Bounds.itemQuantity)]),
            "OrderPlaced": object("The new order.", ["order_id": id]),
            "Order": object(
                "An order.", ["user_id": id, "total_amount": amount, "items": list(of: "Item")]),
            "Item": object(
                "So many of a product at the price that it had.",
                ["product_id": id, "quantity": integer(Bounds.itemQuantity), "unit_price": amount]),
            "Deleted": object("It was there and is deleted.", ["deleted": "{\"const\":true}"]),
            "NotDeleted": object("It was not there.", ["deleted": "{\"const\":false}"]),
            "NewProduct": object(
                "A product to add.",
                ["name": text(Bounds.productName), "sku": text(Bounds.sku), "price": price]),
            "ProductAdded": object("The new product.", ["product_id": id]),
            "Product": object("A product.", ["id": id, "name": string, "sku": string, "price": amount]),
            "NewUser": object("A user to add.", ["name": text(Bounds.userName), "email": email]),
            "UserAdded": object("The new user.", ["user_id": id]),
            "User": object("A user.", ["id": id, "name": string, "email": string]),
            "NewStock": object(
                "A stock to set.", ["product_id": id, "quantity": integer(Bounds.stock)]),
            "StockSet": object(
                "What happened.", ["result": "{\"enum\":[\"rows updated: 1\",\"rows added: 1\"]}"]),
            "Stock": object("Units in stock.", ["product_id": id, "quantity": integer()]),
            "StockLine": object(
                "A product with its stock.",
                ["Article": string, "Numéro SKU": string, "Prix unitaire": amount, "Unités en stock": integer()]),
            "Spender": object("What a user spent.", ["user_id": id, "total_expense": amount]),
            "BestSeller": object("Units sold of a product.", ["product_id": id, "quantity_sold": integer()]),
            "GraphQLRequest": """
            {"type":"object","required":["query"],"properties":{"query":{"type":"string","description":"Schema: \
            type Query { product(id: String!): Product stockLevel(productId: String!): Int } \
            type Product { id: Int name: String sku: String price: Float quantity: Int }. Introspection is answered. \
            At most \(GraphQL.Limits.tokens) tokens, \(GraphQL.Limits.depth) levels, \(GraphQL.Limits.lookups) \
            products."},"variables":\(nullable("object")),"operationName":\(nullable("string"))}}
            """,
            "GraphQLResponse": object(
                "Both members are always there.",
                [
                    "data": nullable("object"),
                    "errors": "{\"type\":[\"array\",\"null\"],\"minItems\":1,\"items\":\(reference("GraphQLError"))}",
                ]),
            "GraphQLError": """
            {"type":"object","required":["message"],"properties":{"message":{"type":"string"},
            "locations":{"type":"array","items":{"type":"object","required":["line","column"],"properties":
            {"line":{"type":"integer","minimum":1},"column":{"type":"integer","minimum":1}}}},
            "path":{"type":"array","items":{"type":["string","integer"]}},
            "extensions":{"type":"object","properties":{"code":{"type":"string"}}}}}
            """,
        ]
        return "{" + all.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }()
}
