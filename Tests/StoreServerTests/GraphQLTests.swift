import NIOCore
import StoreServer
import TestSupport
import Testing

@Suite(.timed) struct GraphQLTests {
    private let client = StoreClient()

    private func ask(_ query: String, variables: String = "{}", operation: String? = nil) async throws -> String {
        var body = JSONWriter()
        body.object {
            $0.member("query", query)
            $0.name("variables")
            $0.raw(variables)
            if let operation { $0.member("operationName", operation) }
        }
        let answer = try await client.ask("POST", "/stocks/graphql-query", String(buffer: body.buffer))
        #expect(answer.status == 200)
        return answer.body
    }

    @Test func theCoursesQuery() async throws {
        let answer = try await ask(
            #"{ product(id: "1") { id name sku price quantity } stockLevel(productId: "1") }"#)
        #expect(
            answer == #"{"data":{"product":{"id":1,"name":"Thé \"vert\"","sku":"T-1","price":1999.99,"quantity":10},"#
                + #""stockLevel":10},"errors":null}"#)
    }

    @Test(arguments: [
        (#"{ product(id: "9") { id } stockLevel(productId: "abc") }"#, #"{"product":null,"stockLevel":null}"#),
        (#"{ product(id: "01") { id } }"#, #"{"product":null}"#),
        (#"{ one: stockLevel(productId: "1") two: stockLevel(productId: "2") }"#, #"{"one":10,"two":null}"#),
        (
            #"{ product(id: "1") { ...F ... on Product { sku } ... @include(if: false) { price } } } "#
                + "fragment F on Product { __typename id again: id }",
            #"{"product":{"__typename":"Product","id":1,"again":1,"sku":"T-1"}}"#
        ),
        (#"{ product(id: "1") { id } product(id: "1") { quantity } }"#, #"{"product":{"id":1,"quantity":10}}"#),
        (#"{ stockLevel(productId: "1") @skip(if: true) __typename }"#, #"{"__typename":"Query"}"#),
        (#"{ stockLevel(productId: """1""") } # done"#, #"{"stockLevel":10}"#),
        (#"{ stockLevel(productId: "\u0031") }"#, #"{"stockLevel":10}"#),
        (#"{ stockLevel(productId: "\u{31}") }"#, #"{"stockLevel":10}"#),
        (
            #"{ __type(name: "Product") { kind fields { name type { name } } } }"#,
            #"{"__type":{"kind":"OBJECT","fields":[{"name":"id","type":{"name":"Int"}},"#
                + #"{"name":"name","type":{"name":"String"}},{"name":"sku","type":{"name":"String"}},"#
                + #"{"name":"price","type":{"name":"Float"}},{"name":"quantity","type":{"name":"Int"}}]}}"#
        ),
        (
            "{ __schema { queryType { name } mutationType { name } } }",
            #"{"__schema":{"queryType":{"name":"Query"},"mutationType":null}}"#
        ),
    ])
    func answers(query: String, data: String) async throws {
        #expect(try await ask(query) == #"{"data":\#(data),"errors":null}"#)
    }

    @Test(arguments: [
        ("query Q($id: String!) { stockLevel(productId: $id) }", #"{"id":"1"}"#, #"{"stockLevel":10}"#),
        (#"query Q($id: String = "1") { stockLevel(productId: $id) }"#, "{}", #"{"stockLevel":10}"#),
        ("query Q($no: Boolean!) { __typename @skip(if: $no) }", #"{"no":true}"#, "{}"),
    ])
    func variables(query: String, variables: String, data: String) async throws {
        #expect(try await ask(query, variables: variables) == #"{"data":\#(data),"errors":null}"#)
    }

    @Test func anOperationIsChosenByName() async throws {
        let query = #"query A { a: stockLevel(productId: "1") } query B { b: __typename }"#
        #expect(try await ask(query, operation: "B") == #"{"data":{"b":"Query"},"errors":null}"#)
        #expect(try await ask(query, operation: "C").hasPrefix(#"{"data":null,"errors":[{"message":"There is no "#))
        #expect(try await ask(query).hasPrefix(#"{"data":null,"errors":[{"message":"There are several "#))
    }

    /// Each with the line and column of its first error.
    @Test(arguments: [
        ("", 1, 1), ("{", 1, 2), ("{ }", 1, 3), ("{ a(b: \"x", 1, 8), ("{\n  é }", 2, 3),
        ("type Query { a: Int }", 1, 1),
        ("{ nope }", 1, 3), (#"{ product(id: "1") { nope } }"#, 1, 22), (#"{ product(id: "1") }"#, 1, 3),
        (#"{ stockLevel(productId: "1") { x } }"#, 1, 3), ("{ stockLevel(productId: 1) }", 1, 25),
        ("{ stockLevel }", 1, 3), (#"{ stockLevel(productId: "1", productId: "2") }"#, 1, 14),
        (#"{ stockLevel(productId: "1", x: 2) }"#, 1, 30), ("{ stockLevel(productId: null) }", 1, 25),
        ("mutation { a }", 1, 1), ("{ ...F }", 1, 6), ("{ __typename } fragment F on Query { __typename }", 1, 16),
        ("{ ...F } fragment F on Query { ...F }", 1, 10), ("{ ... on Nope { a } }", 1, 10),
        ("{ ... on Product { id } }", 1, 3), ("{ ... on Int { a } }", 1, 10), ("{ __typename @nope }", 1, 14),
        ("{ __typename @skip }", 1, 14), ("query @skip(if: true) { __typename }", 1, 7),
        ("query ($a: String) { __typename }", 1, 8), ("{ stockLevel(productId: $a) }", 1, 25),
        ("query ($a: String) { stockLevel(productId: $a) }", 1, 8),
        ("query ($a: Product) { stockLevel(productId: $a) }", 1, 12),
        (#"{ a: stockLevel(productId: "1") a: stockLevel(productId: "2") }"#, 1, 3),
        ("query A { __typename } query A { __typename }", 1, 7), ("{ __typename } { __typename }", 1, 1),
        ("query ($a: Int = \"x\") { __typename @skip(if: $a) }", 1, 18),
    ])
    func whatIsWrongIsToldWithItsPlace(query: String, line: Int, column: Int) async throws {
        let answer = try await ask(query)
        #expect(answer.hasPrefix(#"{"data":null,"errors":[{"message":""#), "\(answer)")
        #expect(answer.firstRange(of: "\"locations\":[{\"line\":\(line),\"column\":\(column)}") != nil, "\(answer)")
    }

    @Test func aVariableOfAnotherTypeIsRefused() async throws {
        for variables in ["{}", #"{"id":1}"#, #"{"id":null}"#, #"{"id":["1"]}"#] {
            let answer = try await ask("query ($id: String!) { stockLevel(productId: $id) }", variables: variables)
            #expect(answer.hasPrefix(#"{"data":null,"errors":[{"message":"The variable \"$id\" must be a String!"#))
        }
    }

    @Test func aFieldThatFailsIsNullWithItsPath() async throws {
        client.store.fail(with: StoreError.unavailable("Redis cannot do it now"))
        #expect(
            try await ask(#"{ a: product(id: "1") { id } __typename }"#)
                == #"{"data":{"a":null,"__typename":"Query"},"errors":[{"message":"Redis cannot do it now","#
                + #""locations":[{"line":1,"column":3}],"path":["a"],"extensions":{"code":"UNAVAILABLE"}}]}"#)
    }

    @Test func aRequestIsBounded() async throws {
        let levels = 30
        let deep =
            String(repeating: "{ __type(name: \"a\") ", count: 1) + String(repeating: "{ ofType ", count: levels)
            + "{ name }" + String(repeating: "}", count: levels + 1)
        #expect(try await ask(deep).hasPrefix(#"{"data":null,"errors":[{"message":"The selections are nested"#))
        let long = "{" + String(repeating: " __typename", count: GraphQL.Limits.tokens) + "}"
        #expect(try await ask(long).hasPrefix(#"{"data":null,"errors":[{"message":"Syntax error: more than"#))
        let brackets = String(repeating: "[", count: 1_000)
        #expect(
            try await ask("{ a(b: \(brackets)").hasPrefix(#"{"data":null,"errors":[{"message":"Syntax error: nested"#))
        let lookups = (1...GraphQL.Limits.lookups + 1).map { "a\($0): stockLevel(productId: \"\($0)\")" }
        let many = try await ask("{\(lookups.joined(separator: " "))}")
        #expect(many.hasSuffix(#""path":["a101"],"extensions":{"code":"TOO_COMPLEX"}}]}"#))
        let doubled = (1...18).map {
            "fragment F\($0) on __Type { a: ofType { ...F\($0 + 1) } b: ofType { ...F\($0 + 1) } }"
        }
        let explosion = "{ __type(name: \"Int\") { ...F1 } } \(doubled.joined()) fragment F19 on __Type { name }"
        #expect(try await ask(explosion).hasPrefix(#"{"data":null,"errors":[{"message":"The request selects more"#))
    }

    @Test(arguments: [
        "{}", #"{"query":1}"#, #"{"query":"{__typename}","variables":[]}"#,
        #"{"query":"{__typename}","operationName":1}"#, "[]",
    ])
    func aBodyThatIsNoGraphQLRequestIs400(body: String) async throws {
        let answer = try await client.ask("POST", "/stocks/graphql-query", body)
        #expect(answer.status == 400)
        #expect(answer.body.hasPrefix(#"{"error":""#))
    }
}
