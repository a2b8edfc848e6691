import LoadGenerator
import Model
import TestSupport
import Testing

/// A value arrives as it is, wherever it stands, and never changes the request around it.
@Suite(.timed, .timeLimit(.minutes(5))) struct ValuesAreDataTests {
    private static let nasty = "a&admin=1+%#?/ é\"\\<"

    private func load(_ tasks: [LoadTask]) -> LoadDefinition {
        LoadDefinition(tasks: tasks, thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]))
    }

    private func value(_ text: String) -> BodyTemplate.Piece {
        .column(TableColumn(file: "v.csv", name: "v", order: .sequential, values: [text]))
    }

    /// The first request that a server gets of a task, and why it failed.
    private func sent(_ tasks: LoadTask..., answer: String = TestServer.json("{}")) async throws -> (
        requests: [String], failures: [String]
    ) {
        try await TestServer.with(.answer(answer)) { server, port in
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load(tasks))
            let results = await generator.preflight()
            _ = await generator.stop()
            return (server.seen.requests, results.compactMap { $0.failure?.detail })
        }
    }

    private func get(_ pieces: [BodyTemplate.Piece], takes: [Take] = [], name: String = "t") -> LoadTask {
        LoadTask(name: name, weight: 1, method: .get, path: "/", pathPieces: pieces, expect: .init(), takes: takes)
    }

    @Test(arguments: [
        (nasty, "a%26admin%3D1%2B%25%23%3F%2F%20%C3%A9%22%5C%3C"), ("a%20b", "a%2520b"), ("../ok", "..%2Fok"),
        ("plain-1_2.3~", "plain-1_2.3~"),
    ])
    func aValueInATargetIsOneSegmentOrOneValue(text: String, written: String) async throws {
        let path = try await sent(get([.text("/items/"), value(text), .text("/parts?q=x%20y&v="), value(text)]))
        #expect(path.requests.first?.hasPrefix("GET /items/\(written)/parts?q=x%20y&v=\(written) HTTP/1.1\r\n") == true)
    }

    @Test(arguments: [
        ("application/x-www-form-urlencoded", "v=", "v=a%26admin%3D1%2B%25%23%3F%2F+%C3%A9%22%5C%3C"),
        ("application/json; charset=utf-8", "{\"v\": ", #"{"v": "a&admin=1+%#?/ é\"\\<""#),
        ("text/xml", "<v>", "<v>a&amp;admin=1+%#?/ é&quot;\\&lt;"), ("text/plain", "v=", "v=\(nasty)"),
    ])
    func aBodyHasValuesByItsType(type: String, literal: String, written: String) async throws {
        let task = LoadTask(
            name: "t", weight: 1, method: .post, path: "/",
            headers: [HeaderTemplate(name: "Content-Type", pieces: [.text(type)])],
            bodies: [BodyTemplate(share: 1, pieces: [.text(literal), value(Self.nasty)])], expect: .init())
        #expect(try await sent(task).requests.first?.hasSuffix("\r\n\r\n\(written)") == true)
    }

    @Test(arguments: [
        ("1,\"admin\":true", #""1,\"admin\":true""#), ("17", "17"), ("-0.5e3", "-0.5e3"), ("true", "true"),
        ("{\"a\":[]}", "{\"a\":[]}"),
        ("tab\t", #""tab\u0009""#),
    ])
    func outsideOfJSONStringsOnlyJSONStandsAsItIs(text: String, written: String) async throws {
        let task = LoadTask(
            name: "t", weight: 1, method: .post, path: "/",
            bodies: [
                BodyTemplate(share: 1, pieces: [.text(#"{"s\"":""#), value("x\""), .text(#"","v":"#), value(text)])
            ],
            expect: .init())
        #expect(try await sent(task).requests.first?.hasSuffix(#"{"s\"":"x\"","v":"# + written) == true)
    }

    @Test func aValueInAHeaderCannotEndIt() async throws {
        let task = LoadTask(
            name: "t", weight: 1, method: .get, path: "/",
            headers: [HeaderTemplate(name: "X-V", pieces: [value("a\r\nX-Admin: 1\u{7F}\tb")])], expect: .init())
        #expect(try await sent(task).requests.first?.contains("\r\nX-V: aX-Admin: 1\tb\r\n") == true)
    }

    @Test(arguments: [
        ("/items/3?a=b%20c&d", "/items/3?a=b%20c&d"), ("http://127.0.0.1:PORT/items/3", "/items/3"),
        ("http://localhost:PORT/items/3#top", "/items/3"), ("//127.0.0.1:PORT?x=/", "/?x=/"), ("4", "/made/4"),
        ("../x y", "/x%20y"), ("?page=2", "/made/new?page=2"),
    ])
    func aLocationIsThePathOfALaterRequest(location: String, target: String) async throws {
        for beginning in [[], [BodyTemplate.Piece.text("/")]] {
            let make = LoadTask(
                name: "make", weight: 1, method: .post, path: "/made/new", expect: .init(status: 201),
                takes: [Take(name: "where", source: .header("Location"))])
            let read = LoadTask(
                name: "read", weight: 1, method: .get, path: "/x", pathPieces: beginning + [.variable("where")],
                expect: .init(status: 201))
            try await TestServer.with(
                .made { request in
                    let port = request.matches(of: /127.0.0.1:(\d+)/).first.map { String($0.1) } ?? ""
                    return TestServer.json(
                        "{}", status: "201 Created",
                        head: "Location: \(location.replacing("PORT", with: port))\r\n")
                }
            ) { server, port in
                let generator = try LoadGenerator(
                    endpoint: .init(host: "127.0.0.1", port: port), load: load([make, read]))
                #expect(await generator.preflight().compactMap { $0.failure?.detail } == [])
                _ = await generator.stop()
                #expect(server.seen.requests.last?.hasPrefix("GET \(target) HTTP/1.1\r\n") == true)
            }
        }
    }

    @Test func aLocationElsewhereIsRefused() async throws {
        let make = get(
            [.text("/make")], takes: [Take(name: "where", source: .header("Location"))], name: "make")
        let read = get([.variable("where")], name: "read")
        let answer = TestServer.json("{}", head: "Location: http://shop.invalid/1\r\n")
        let failures = try await sent(make, read, answer: answer).failures
        #expect(failures.first == "http://shop.invalid/1 leads to another host; requests go to the target only")
        // As a value it is taken wherever it leads.
        let kept = get([.text("/next?to="), .variable("where")], name: "read")
        let requests = try await sent(make, kept, answer: answer).requests
        #expect(requests.last?.hasPrefix("GET /next?to=http%3A%2F%2Fshop.invalid%2F1 HTTP") == true)
    }

    @Test func whatTheDefinitionSaysIsSentAsItIsWritten() async throws {
        let pieces: [BodyTemplate.Piece] = [.text("/a+b%2Fc;d?e=f&g="), .choice(["x&y=1%20 2"])]
        let requests = try await sent(get(pieces)).requests
        #expect(requests.first?.hasPrefix("GET /a+b%2Fc;d?e=f&g=x&y=1%20%202 HTTP/1.1\r\n") == true)
    }
}
