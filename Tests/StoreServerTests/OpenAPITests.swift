import Hummingbird
import NIOCore
import StoreServer
import TestSupport
import Testing

/// The description and the routes must not drift apart.
@Suite(.timed) struct OpenAPITests {
    private let client = StoreClient()
    private let document: Tree

    init() throws {
        document = Tree(try JSONParser.parse(String(buffer: OpenAPI.document)))
    }

    @Test func everyRouteIsDescribedAndNothingElse() {
        let described = document["paths"].members.flatMap { path, operations in
            operations.members.map { method, _ in "\(method.uppercased()) \(path)" }
        }
        #expect(Set(described) == Set(client.responder.routeList.map { "\($0.method) \($0.path)" }))
    }

    @Test func everyReferenceLeadsSomewhere() {
        var references: [String] = []
        document.walk { name, value in if name == "$ref" { references.append(value.text) } }
        #expect(references.count > 50)
        for reference in Set(references) {
            let target = reference.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] }
            #expect(target.exists, "\(reference)")
        }
    }

    @Test func everyExampleOfABodyIsAccepted() async throws {
        for (path, operations) in document["paths"].members {
            let body = operations["post"]["requestBody"]["content"]["application/json"]
            for (name, example) in body["examples"].members {
                let answer = try await client.ask("POST", path, example["value"].json)
                // What the example names need not be in the small test store.
                #expect([200, 201, 404].contains(answer.status), "\(path) \(name): \(answer.body)")
            }
        }
    }

    /// Takes each bound from the description and steps over it.
    @Test(arguments: [
        ("NewOrder", "/orders", #"{"user_id":1,"items":[{"product_id":1,"quantity":#}]}"#, "NewItem", "quantity"),
        ("NewStock", "/stocks", #"{"product_id":1,"quantity":#}"#, "NewStock", "quantity"),
    ])
    func bothEndsOfARangeAreEnforced(
        name: String, path: String, body: String, schema: String, member: String
    ) async throws {
        let range = document["components"]["schemas"][schema]["properties"][member]
        let bounds = (low: try #require(Int(range["minimum"].text)), high: try #require(Int(range["maximum"].text)))
        for (value, isGood) in [
            (bounds.low - 1, false), (bounds.low, true), (bounds.high, true), (bounds.high + 1, false),
        ] {
            let text = body.split(separator: "#", omittingEmptySubsequences: false).joined(separator: "\(value)")
            #expect(try await client.ask("POST", path, text).status == (isGood ? 201 : 400), "\(value)")
        }
    }

    @Test(arguments: [("NewProduct", "name"), ("NewProduct", "sku"), ("NewUser", "name"), ("NewUser", "email")])
    func theLongestTextIsEnforced(schema: String, member: String) async throws {
        let limit = try #require(
            Int(document["components"]["schemas"][schema]["properties"][member]["maxLength"].text))
        for length in [limit, limit + 1] {
            var texts = ["name": "é", "sku": "é", "email": "a@b"]
            texts[member] =
                member == "email"
                ? "a@" + String(repeating: "b", count: length - 2) : String(repeating: "é", count: length)
            let body = texts.map { #""\#($0.key)":"\#($0.value)""# }.joined(separator: ",")
            let path = schema == "NewUser" ? "/users" : "/products"
            let answer = try await client.ask("POST", path, "{\(body),\"price\":1}")
            #expect(answer.status == (length == limit ? 201 : 400))
        }
    }

    @Test func itIsServed() async throws {
        let answer = try await client.ask("GET", "/openapi.json")
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(document["openapi"].text == "3.1.0")
    }
}
