import Foundation
import StoreServer
import TestSupport
import Testing

/// The Postman collection and the routes must not drift apart.
@Suite(.timed) struct PostmanTests {
    private let client = StoreClient()

    private struct Request {
        var method: String
        var path: String
        var body: String
    }

    private func requests() throws -> [Request] {
        let home = (0..<3).reduce(#filePath) { path, _ in (path as NSString).deletingLastPathComponent }
        let text = try String(contentsOfFile: home + "/templates/api/store.postman_collection.json", encoding: .utf8)
        return Tree(try JSONParser.parse(text))["item"].elements.flatMap { $0["item"].elements }.map { item in
            let request = item["request"]
            let raw = request["url"]["raw"].text
            #expect(raw.hasPrefix("{{baseUrl}}/"))
            return Request(
                method: request["method"].text, path: String(raw.dropFirst("{{baseUrl}}".count)),
                body: request["body"]["raw"].text)
        }
    }

    @Test func itHoldsEveryRouteOnce() throws {
        let found = try requests().map { request in
            let segments = request.path.split(separator: "/").map { $0.hasPrefix("{{") ? "{id}" : String($0) }
            return "\(request.method) /\(segments.joined(separator: "/"))"
        }
        #expect(found.sorted() == client.responder.routeList.map { "\($0.method) \($0.path)" }.sorted())
    }

    /// As Postman runs it: each new id is handed on to the requests after it.
    @Test func itRunsFromTopToBottom() async throws {
        var variables = ["$timestamp": "1", "userId": "1", "productId": "1", "orderId": "1"]
        for request in try requests() where request.path != "/metrics" {
            let filled = { (text: String) in
                variables.reduce(text) { $0.replacingOccurrences(of: "{{\($1.key)}}", with: $1.value) }
            }
            let answer = try await client.ask(request.method, filled(request.path), filled(request.body))
            #expect([200, 201].contains(answer.status), "\(request.method) \(request.path): \(answer.body)")
            let members = Tree(try JSONParser.parse(answer.body))
            for (member, variable) in [("user_id", "userId"), ("product_id", "productId"), ("order_id", "orderId")]
            where request.method == "POST" && members[member].exists {
                variables[variable] = members[member].text
            }
        }
    }
}
