import LoadGenerator
import Model
import Synchronization
import TestSupport
import Testing

/// Tasks that give values to later ones, count, and read tables.
@Suite(.timed, .timeLimit(.minutes(5))) struct TaskFlowTests {
    /// Orders that come into being, are read and go; an unknown one is 404.
    private final class Orders: Sendable {
        private let state = Mutex<(last: Int, open: Set<Int>)>((0, []))

        func answer(_ request: String) -> String {
            let words = request.split(separator: " ")
            return state.withLock { state in
                if words[0] == "POST" {
                    state.last += 1
                    state.open.insert(state.last)
                    return TestServer.json("{\"data\":[{\"id\":\(state.last)}]}", status: "201 Created")
                }
                let id = Int(words[1].dropFirst("/orders/".count)) ?? 0
                guard state.open.contains(id) else { return TestServer.json("{}", status: "404 Not Found") }
                if words[0] == "DELETE" { state.open.remove(id) }
                return TestServer.json("{\"id\":\(id)}")
            }
        }
    }

    private static func json(_ path: String) throws -> JSONPath { try #require(JSONPath(rawValue: path)) }

    private static func tasks() throws -> [LoadTask] {
        let path: [BodyTemplate.Piece] = [.text("/orders/"), .variable("order")]
        return [
            LoadTask(
                name: "cancel", weight: 1, method: .delete, path: "/orders/${order}", pathPieces: path, expect: .init(),
                forgets: ["order"]),
            LoadTask(
                name: "read", weight: 4, method: .get, path: "/orders/${order}", pathPieces: path, expect: .init()),
            LoadTask(
                name: "order", weight: 2, method: .post, path: "/orders", expect: .init(status: 201),
                takes: [Take(name: "order", source: .json(try json("data[0].id")))]),
        ]
    }

    private func load(_ tasks: [LoadTask]) -> LoadDefinition {
        LoadDefinition(tasks: tasks, thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]))
    }

    @Test func anOrderIsPlacedReadAndCancelledByTheSameUser() async throws {
        let orders = Orders()
        try await TestServer.with(.made { orders.answer($0) }) { server, port in
            let totals = try await Totals.of(load(try Self.tasks()), port: port, users: 5, threads: 2) { _ in
                await server.requests(2000)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failures == [:])
            let counts = (0..<3).map { task in totals.samples.reduce(0) { $0 + $1.tasks[task].started } }
            #expect(counts.allSatisfy { $0 > 100 })
            // A user cancels only what it has placed.
            #expect(counts[0] <= counts[2])
        }
    }

    @Test func preflightTriesTasksOnceTheirValuesAreThere() async throws {
        let orders = Orders()
        try await TestServer.with(.made { orders.answer($0) }) { _, port in
            let generator = try LoadGenerator(
                endpoint: .init(host: "127.0.0.1", port: port), load: load(try Self.tasks()))
            let results = await generator.preflight()
            #expect(results.map(\.task) == ["order", "read", "cancel"])
            #expect(results.allSatisfy { $0.failure == nil })
            _ = await generator.stop()
        }
    }

    @Test func preflightSaysWhyATaskCouldNotBeTried() async throws {
        try await TestServer.with(.answer(TestServer.json("{\"data\":[]}", status: "201 Created"))) { server, port in
            let generator = try LoadGenerator(
                endpoint: .init(host: "127.0.0.1", port: port), load: load(try Self.tasks()))
            let results = await generator.preflight()
            #expect(results.first?.task == "order")
            #expect(results.first?.failure?.detail == "the answer has no value to take for order")
            #expect(results.last?.failure?.detail == "not tried: no earlier answer had the value order")
            #expect(server.seen.requests.allSatisfy { $0.hasPrefix("POST ") })
            _ = await generator.stop()
        }
    }

    @Test func sequencesAndRowsAreEachGivenOnceOverAllUsers() async throws {
        let names = ["Zoé \"Z\"", "Bob", "Eve"]
        func column(_ name: String, _ values: [String]) -> BodyTemplate.Piece {
            .column(TableColumn(file: "people.csv", name: name, order: .sequential, values: values))
        }
        let task = LoadTask(
            name: "people", weight: 1, method: .post, path: "/people?n=${row(people.csv, n)}",
            pathPieces: [.text("/people?n="), column("n", ["a b", "b", "c"])],
            headers: [HeaderTemplate(name: "X-Number", pieces: [.sequence(from: 100)])],
            bodies: [BodyTemplate(share: 1, pieces: [.text("{\"name\":\""), column("name", names), .text("\"}")])],
            expect: .init())
        try await TestServer.with(.answer(TestServer.json("{}"))) { server, port in
            let totals = try await Totals.of(load([task]), port: port, users: 4, threads: 2) { _ in
                await server.requests(300)
                return []
            }
            #expect(totals.failures == [:])
            let requests = server.seen.requests
            let numbers = requests.compactMap { request in
                request.split(separator: "\r\n").first { $0.hasPrefix("X-Number: ") }.flatMap { Int($0.dropFirst(10)) }
            }
            #expect(numbers.sorted() == Array(100..<(100 + requests.count)))
            let rows = [("a%20b", #"Zoé \"Z\""#), ("b", "Bob"), ("c", "Eve")]
            let counts = rows.map { row in
                requests.count { $0.hasPrefix("POST /people?n=\(row.0) ") && $0.hasSuffix("{\"name\":\"\(row.1)\"}") }
            }
            #expect(counts.reduce(0, +) == requests.count)
            #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
        }
    }

    @Test func headersOfATaskTakeThePlaceOfTheUsual() async throws {
        let task = LoadTask(
            name: "t", weight: 1, method: .get, path: "/",
            headers: [
                HeaderTemplate(name: "accept", pieces: [.text("text/csv")]),
                HeaderTemplate(name: "Authorization", pieces: [.text("Bearer x")]),
            ], expect: .init())
        try await TestServer.with(.answer(TestServer.json("{}"))) { server, port in
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load([task]))
            #expect(await generator.preflight().allSatisfy { $0.failure == nil })
            let lines = try #require(server.seen.requests.first).split(separator: "\r\n").map(String.init)
            #expect(lines.contains("accept: text/csv") && lines.contains("Authorization: Bearer x"))
            #expect(!lines.contains { $0.hasPrefix("Accept:") })
            _ = await generator.stop()
        }
    }

    @Test(arguments: [
        (Check(headers: [ExpectedHeader(name: "content-type", value: "application/json*")]), ""),
        (
            Check(headers: [ExpectedHeader(name: "Content-Type", value: "text/*")]),
            "the header Content-Type is application/json (expected text/*)"
        ),
        (Check(headers: [ExpectedHeader(name: "ETag", value: "*")]), "the answer has no header ETag"),
        (Check(size: 64...64), ""),
        (Check(size: 1...10), "the body has 64 bytes (expected 1 to 10)"),
        (equals("n", .number(2)), ""), (equals("$.deep[1].t", .string("a\u{e9}\"")), ""),
        (equals("deep[0]", .null), ""), (equals("deep[1].ok", .bool(true)), ""),
        (equals("n", .number(3)), "n is 2.0 (expected 3)"),
        (equals("deep[2]", .null), "deep[2] is nothing (expected null)"),
        (equals("deep", .string("x")), "deep is an object or a list (expected \"x\")"),
    ])
    func checksLookIntoTheAnswer(expect: Check, words: String) async throws {
        let body = #"{ "s": "n", "deep": [null, {"t": "aé\"", "ok": true}],"n":2.0 }"#
        let task = LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: expect)
        for behaviour in [TestServer.Behaviour.answer(TestServer.json(body)), .slow(TestServer.json(body))] {
            try await TestServer.with(behaviour) { server, port in
                let totals = try await Totals.of(load([task]), port: port, users: 1) { _ in
                    await server.requests(3)
                    return []
                }
                #expect(totals.failures == (words.isEmpty ? [:] : [.check: totals.started]))
                #expect(totals.examples.first?.detail ?? "" == words)
            }
        }
    }

    @Test(arguments: [
        ("9007199254740993", JSONScalar.whole("9007199254740993"), true),
        ("9007199254740993", .number(9_007_199_254_740_992), false),
        ("9007199254740993.0", .whole("9007199254740993"), true),
        ("-18446744073709551617", .whole("-18446744073709551616"), false),
        ("12e18", .whole("12000000000000000000"), true), ("2.0", .number(2), true), ("0.10", .number(0.1), true),
        ("0.10000000000000001", .number(0.1), true), ("1e-1", .number(0.2), false), ("-0", .number(0), true),
    ])
    func wholeNumbersAreComparedExactly(text: String, expected: JSONScalar, isEqual: Bool) async throws {
        let task = LoadTask(
            name: "t", weight: 1, method: .get, path: "/", expect: Self.equals("id", expected))
        try await TestServer.with(.answer(TestServer.json("{\"id\":\(text)}"))) { _, port in
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load([task]))
            #expect((await generator.preflight().first?.failure == nil) == isEqual)
            _ = await generator.stop()
        }
    }

    private static func equals(_ path: String, _ value: JSONScalar) -> Check {
        Check(equals: JSONPath(rawValue: path).map { [ExpectedValue(path: $0, value: value)] } ?? [])
    }

    @Test(arguments: [
        ("a", true), ("$", true), ("$.a[0].b", true), ("[2][3]", true), ("a.b-c", true), ("", false), (".a", false),
        ("a[", false), ("a[-1]", false), ("a..b", false), ("$a", false), ("a[1]b", false),
    ])
    func pathsAreReadAsTheyAreWritten(text: String, isPath: Bool) {
        #expect((JSONPath(rawValue: text) != nil) == isPath)
    }
}
