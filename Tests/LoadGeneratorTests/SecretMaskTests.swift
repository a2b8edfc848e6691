import LoadGenerator
import Model
import TestSupport
import Testing

/// Values of the environment are in no example of a failure, whatever they were sent as and whoever says them again.
@Suite(.timed) struct SecretMaskTests {
    private static let secret = "s3/cr\"et&"

    @Test func noExampleHasAValueOfTheEnvironment() async throws {
        let column = BodyTemplate.Piece.column(
            TableColumn(file: "the environment: TOKEN", name: "TOKEN", order: .sequential, values: [Self.secret]))
        // The server says again what it was sent, as it was sent.
        let server = TestServer.Behaviour.made { request in
            TestServer.json("{\"seen\":\"\(request)\"}", status: "500 Internal Server Error")
        }
        try await TestServer.with(server) { server, port in
            let task = LoadTask(
                name: "t", weight: 1, method: .post, path: "/a",
                pathPieces: [.text("/a/"), column, .text("?q="), column],
                headers: [HeaderTemplate(name: "X-Any", pieces: [column])],
                bodies: [BodyTemplate(share: 1, pieces: [.text("{\"k\":\""), column, .text("\"}")])], expect: .init())
            let load = LoadDefinition(
                tasks: [task], thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]))
            let generator = try LoadGenerator(endpoint: Endpoint(host: "127.0.0.1", port: port), load: load)
            var examples = await generator.preflight().compactMap(\.failure)
            let samples = generator.start()
            generator.setUsers(1, ratePerSecond: .infinity)
            for await sample in samples where sample.second == 0 { _ = await generator.stop() }
            examples += generator.failureExamples
            #expect(examples.count > 1)
            for example in examples {
                let text = example.request + example.response + example.detail
                for form in [Self.secret, "s3%2Fcr%22et%26", "s3/cr\\\"et&"] { #expect(!text.contains(form)) }
                #expect(example.request == "POST /a/***?q=***\n{\"k\":\"***\"}")
            }
            #expect(server.seen.requests.allSatisfy { $0.contains("X-Any: \(Self.secret)") })
        }
    }
}
