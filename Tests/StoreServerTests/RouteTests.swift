import Hummingbird
import StoreServer
import TestSupport
import Testing

@Suite(.timed) struct RouteTests {
    private let client = StoreClient()
    private let order = #"{"user_id":1,"items":[{"product_id":1,"quantity":2}]}"#

    @Test func healthIsAnsweredWithoutADatabase() async throws {
        client.store.fail(with: StoreError.unavailable("down"))
        let answer = try await client.ask("GET", "/health-check")
        #expect(answer.status == 200)
        #expect(answer.body == #"{"status":"ok"}"#)
        #expect(answer.headers[.contentType] == "application/json")
    }

    @Test func anOrderTakesFromStockAndItsDeletionPutsBack() async throws {
        let placed = try await client.ask("POST", "/orders", order)
        #expect(placed.status == 201)
        #expect(placed.body == #"{"order_id":2}"#)
        let read = try await client.ask("GET", "/orders/2")
        #expect(
            read.body == #"{"user_id":1,"total_amount":3999.98,"#
                + #""items":[{"product_id":1,"quantity":2,"unit_price":1999.99}]}"#)
        #expect(try await client.ask("GET", "/stocks/1").body == #"{"product_id":1,"quantity":8}"#)
        let deleted = try await client.ask("DELETE", "/orders/2")
        #expect(deleted.status == 200)
        #expect(deleted.body == #"{"deleted":true}"#)
        let again = try await client.ask("DELETE", "/orders/2")
        #expect(again.status == 404)
        #expect(again.body == #"{"deleted":false}"#)
        #expect(try await client.ask("GET", "/stocks/1").body == #"{"product_id":1,"quantity":10}"#)
    }

    @Test func reportsAreLists() async throws {
        #expect(try await client.ask("GET", "/orders/reports/best-sellers").body == "[]")
        _ = try await client.ask("POST", "/orders", order)
        #expect(
            try await client.ask("GET", "/orders/reports/highest-spenders").body
                == #"[{"user_id":1,"total_expense":3999.98}]"#)
        #expect(
            try await client.ask("GET", "/orders/reports/best-sellers").body == #"[{"product_id":1,"quantity_sold":2}]"#
        )
    }

    @Test func productsUsersAndStocks() async throws {
        let product = try await client.ask("POST", "/products", #"{"name":"Lait","sku":"L-1","price":5.7}"#)
        #expect(product.body == #"{"product_id":2}"#)
        #expect(
            try await client.ask("GET", "/products/2").body == #"{"id":2,"name":"Lait","sku":"L-1","price":5.70}"#)
        #expect(
            try await client.ask("POST", "/stocks", #"{"product_id":2,"quantity":-3}"#).body
                == #"{"result":"rows added: 1"}"#)
        #expect(
            try await client.ask("POST", "/stocks", #"{"product_id":2,"quantity":4}"#).body
                == #"{"result":"rows updated: 1"}"#)
        #expect(
            try await client.ask("GET", "/stocks/reports/overview-stocks").body
                == #"[{"Article":"Thé \"vert\"","Numéro SKU":"T-1","Prix unitaire":1999.99,"Unités en stock":10},"#
                + #"{"Article":"Lait","Numéro SKU":"L-1","Prix unitaire":5.70,"Unités en stock":4}]"#)
        #expect(try await client.ask("DELETE", "/products/2").status == 200)
        let user = try await client.ask("POST", "/users", #"{"name":"Zoé","email":"zoe@store.example"}"#)
        #expect(user.body == #"{"user_id":3}"#)
        #expect(
            try await client.ask("GET", "/users/3").body == #"{"id":3,"name":"Zoé","email":"zoe@store.example"}"#)
    }

    @Test(arguments: [
        ("", "the body is not JSON: the text ends too early at byte 0"),
        ("[]", "the body must be a JSON object, and it is a list"),
        (#"{"items":[]}"#, "user_id is missing"),
        (#"{"user_id":"1","items":[]}"#, "user_id must be a whole number from 1 to 2147483647"),
        (#"{"user_id":1.5,"items":[]}"#, "user_id must be a whole number from 1 to 2147483647"),
        (#"{"user_id":1}"#, "items is missing"),
        (#"{"user_id":1,"items":[]}"#, "items must be a list of 1 to 100 objects"),
        (#"{"user_id":1,"items":[7]}"#, "items[0] must be an object, and it is a number"),
        (
            #"{"user_id":1,"items":[{"product_id":1,"quantity":0}]}"#,
            "items[0].quantity must be a whole number from 1 to 1000000"
        ),
        (#"{"user_id":1,"items":[{"quantity":1}]}"#, "items[0].product_id is missing"),
    ])
    func aBadOrderIsRefusedWithItsReason(body: String, reason: String) async throws {
        let answer = try await client.ask("POST", "/orders", body)
        #expect(answer.status == 400)
        #expect(answer.body == #"{"error":"\#(reason)"}"#)
    }

    @Test(arguments: ["0", "0.001", "1e8", "1e400", "100000000", "\"5\"", "-1", "-0", "5.701", "1e-9"])
    func aBadPriceIsRefused(price: String) async throws {
        let answer = try await client.ask("POST", "/products", #"{"name":"a","sku":"b","price":\#(price)}"#)
        #expect(answer.status == 400)
    }

    /// What JSON holds to be one number is one price, and binary floating point's crumbs are not cents.
    @Test(arguments: [
        ("1e2", "100.00"), ("5.700", "5.70"), ("0.30000000000000004", "0.30"), ("0.5700000000000001", "0.57"),
        ("28.999999999999996", "29.00"), ("1999.99E0", "1999.99"), ("99999999.99", "99999999.99"), ("1e-2", "0.01"),
    ])
    func aPriceIsReadToTheCent(written: String, price: String) async throws {
        _ = try await client.ask("POST", "/products", #"{"name":"a","sku":"b","price":\#(written)}"#)
        #expect(
            try await client.ask("GET", "/products/2").body == #"{"id":2,"name":"a","sku":"b","price":\#(price)}"#)
    }

    @Test(arguments: ["2.0", "2e0", "20E-1"])
    func aWholeNumberIsOneHoweverItIsWritten(quantity: String) async throws {
        let order = #"{"user_id":1,"items":[{"product_id":1,"quantity":\#(quantity)}]}"#
        #expect(try await client.ask("POST", "/orders", order).status == 201)
        #expect(try await client.ask("GET", "/stocks/1").body == #"{"product_id":1,"quantity":8}"#)
    }

    @Test(arguments: ["", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\\u0000"])
    func aBadEmailIsRefused(email: String) async throws {
        #expect(try await client.ask("POST", "/users", #"{"name":"a","email":"\#(email)"}"#).status == 400)
    }

    @Test(arguments: [" ", "\\u3000\\u200b", "\\u0000", "\\ud800"])
    func aBlankNameIsRefused(name: String) async throws {
        #expect(try await client.ask("POST", "/users", #"{"name":"\#(name)","email":"a@b"}"#).status == 400)
    }

    @Test(arguments: [
        ("GET", "/orders/99", 404), ("GET", "/orders/99.00", 404), ("GET", "/orders/9.5", 400),
        ("GET", "/orders/9.", 400), ("GET", "/orders/007", 400), ("GET", "/orders/2147483648", 400),
        ("BREW", "/orders/1", 405), ("GET", "/stocks/graphql-query", 405), ("PROPFIND", "/nowhere", 404),
        ("GET", "/orders/abc", 400), ("GET", "/orders/0", 400), ("GET", "/orders/-1", 400),
        ("GET", "/nowhere", 404), ("GET", "/orders/99999999999999999999", 400), ("PUT", "/orders", 405),
        ("POST", "/orders/reports/best-sellers", 405), ("GET", "/stocks/9", 404), ("GET", "/users/9", 404),
        ("DELETE", "/users/9", 404), ("DELETE", "/products/9", 404), ("GET", "/products/9", 404),
    ])
    func whatIsNotThereHasItsStatus(method: String, path: String, status: Int) async throws {
        let answer = try await client.ask(method, path)
        #expect(answer.status == status)
        #expect(answer.body.hasPrefix(method == "DELETE" ? #"{"deleted":false"# : #"{"error":""#))
    }

    @Test func anotherMethodIsToldWhichAreAllowed() async throws {
        let answer = try await client.ask("PATCH", "/orders/1")
        #expect(answer.status == 405)
        #expect(answer.headers[.allow] == "GET, HEAD, DELETE")
    }

    @Test func unknownUserOrProductIsNotFound() async throws {
        let user = #"{"user_id":9,"items":[{"product_id":1,"quantity":2}]}"#
        #expect(try await client.ask("POST", "/orders", user).status == 404)
        let product = #"{"user_id":1,"items":[{"product_id":9,"quantity":2}]}"#
        #expect(try await client.ask("POST", "/orders", product).status == 404)
    }

    @Test func theBodyMustBeJSONAndSmall() async throws {
        #expect(try await client.ask("POST", "/orders", order, contentType: "text/plain").status == 415)
        #expect(try await client.ask("POST", "/orders", order, contentType: nil).status == 201)
        #expect(
            try await client.ask("POST", "/orders", order, contentType: "application/json; charset=utf-8").status == 201
        )
        let padded = order + String(repeating: " ", count: Bounds.body - order.utf8.count)
        #expect(try await client.ask("POST", "/orders", padded).status == 201)
        let large = padded + " "
        #expect(try await client.ask("POST", "/orders", large).status == 413)
        let deep = String(repeating: "[", count: 10_000)
        #expect(try await client.ask("POST", "/orders", deep).status == 400)
    }

    @Test func aDatabaseThatIsDownIs503WithRetryAfter() async throws {
        client.store.fail(with: StoreError.unavailable("MySQL cannot do it now", retryAfter: 3))
        let answer = try await client.ask("GET", "/orders/reports/best-sellers")
        #expect(answer.status == 503)
        #expect(answer.headers[.retryAfter] == "3")
        #expect(answer.body == #"{"error":"MySQL cannot do it now"}"#)
    }

    @Test func anUnforeseenErrorTellsNothingInternal() async throws {
        struct Surprise: Error {}
        client.store.fail(with: Surprise())
        let answer = try await client.ask("GET", "/orders/1")
        #expect(answer.status == 500)
        #expect(answer.body == #"{"error":"an unforeseen error; the store's log has it"}"#)
    }
}
