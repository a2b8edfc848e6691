import LoadGenerator
import Model
import NIOCore
import TestSupport
import Testing

@Suite(.timed, .timeLimit(.minutes(5))) struct LoadGeneratorTests {
    private static let list = TestServer.json("[{\"user_id\":1}]")

    private func load(
        _ tasks: [LoadTask]? = nil, think: ThinkTime = ThinkTime(minimum: 0, maximum: 0), timeout: Seconds = 5
    ) -> LoadDefinition {
        let report = LoadTask(
            name: "report", weight: 1, method: .get, path: "/report", expect: .init(status: 200, jsonKind: .list))
        return LoadDefinition(tasks: tasks ?? [report], thinkTime: think, shape: .ramp([]), timeout: timeout)
    }

    private func firstSample(_ samples: AsyncStream<SecondSample>) async -> [SecondSample] {
        for await sample in samples { return [sample] }
        return []
    }

    @Test(arguments: [1, 2])
    func countsAgreeWithTheServers(threads: Int) async throws {
        try await TestServer.with(.answer(Self.list)) { server, port in
            let totals = try await Totals.of(load(), port: port, users: 10, threads: threads) { _ in
                await server.requests(2000)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failed == 0)
            #expect(totals.started == server.seen.count)
            #expect(server.seen.connections == 10)
            #expect(totals.report.threads == threads)
            #expect(totals.report.cpuSeconds > 0)
            #expect(totals.report.seconds > 0)
        }
    }

    @Test func latencyHoldsTheServersDelay() async throws {
        try await TestServer.with(.late(Self.list, .milliseconds(30))) { server, port in
            let totals = try await Totals.of(load(), port: port) { _ in
                await server.requests(9)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failed == 0)
            let least = try #require(totals.latencies.percentile(0))
            #expect(least >= 0.0299)
        }
    }

    @Test(arguments: [
        ("{\"error\":\"no\"}", "200 OK", FailureKind.check), ("[1,", "200 OK", .check), ("", "200 OK", .check),
        ("<html>", "200 OK", .check), ("[]", "503 Service Unavailable", .status(503)),
        ("[]", "201 Created", .status(201)),
    ])
    func wrongAnswersFail(body: String, status: String, kind: FailureKind) async throws {
        try await TestServer.with(.answer(TestServer.json(body, status: status))) { server, port in
            let totals = try await Totals.of(load(), port: port) { _ in
                await server.requests(50)
                return []
            }
            totals.expectConsistent()
            #expect(totals.succeeded == 0)
            #expect(totals.failures == [kind: totals.started])
            #expect(server.seen.count == totals.started)
            #expect(server.seen.connections == 3)
            #expect(totals.examples.count == 3)
            #expect(totals.examples.first?.request == "GET /report")
            #expect(totals.examples.first?.response.hasPrefix("HTTP/1.1 \(status)\n") == true)
        }
    }

    @Test(arguments: [
        ("{\"error\":\"no\"}", true), ("{\"errors\":[{\"message\":\"no\"}]}", true),
        ("{\"error\":null,\"n\":1}", false),
        ("{\"errors\":[],\"data\":{\"a\":1}}", false), ("{\"error\":\"\",\"n\":1}", false),
        ("{\"a\":{\"error\":1}}", false), ("plain text", false), ("", false),
    ])
    func anErrorInsideASuccessIsAFailedCheck(body: String, fails: Bool) async throws {
        let task = LoadTask(name: "any", weight: 1, method: .get, path: "/", expect: .init())
        try await TestServer.with(.answer(TestServer.json(body))) { server, port in
            let totals = try await Totals.of(load([task]), port: port) { _ in
                await server.requests(10)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failures == (fails ? [.check: totals.started] : [:]))
        }
    }

    @Test func anErrorInsideMayBeAllowed() async throws {
        let task = LoadTask(name: "any", weight: 1, method: .get, path: "/", expect: .init(allowsErrorKeys: true))
        try await TestServer.with(.answer(TestServer.json("{\"error\":\"no\"}"))) { _, port in
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load([task]))
            #expect(await generator.preflight().allSatisfy { $0.failure == nil })
            _ = await generator.stop()
        }
    }

    @Test(arguments: [
        (TestServer.Behaviour.answerAndClose("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,"), FailureKind.reset),
        (.reset, .reset), (.answerAndClose(""), .reset), (.answer("garbage\r\n\r\n"), .malformed),
        (.answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n[]"), .malformed),
    ])
    func brokenAnswersFailByKind(behaviour: TestServer.Behaviour, kind: FailureKind) async throws {
        try await TestServer.with(behaviour) { server, port in
            let totals = try await Totals.of(load(), port: port) { _ in
                await server.requests(6)
                return []
            }
            totals.expectConsistent()
            #expect(totals.succeeded == 0)
            #expect(totals.failures == [kind: totals.started])
            #expect(totals.examples.count == 3)
        }
    }

    @Test(arguments: [
        TestServer.Behaviour.slow(list), .answerAndClose(list),
        .answerAndClose("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[1]"),
        .answer(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n"
        ),
    ])
    func unusualAnswersSucceed(behaviour: TestServer.Behaviour) async throws {
        try await TestServer.with(behaviour) { server, port in
            let totals = try await Totals.of(load(), port: port) { _ in
                await server.requests(20)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failed == 0)
            #expect(totals.succeeded >= 20)
        }
    }

    @Test func aTargetThatNeverAnswersTimesOut() async throws {
        try await TestServer.with(.silence) { server, port in
            let totals = try await Totals.of(load(timeout: 0.1), port: port) { _ in
                await server.requests(6)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failures == [.timeout: totals.started])
            let least = try #require(totals.failedLatencies.percentile(0))
            #expect(least >= 0.0999)
            #expect(server.seen.connections == server.seen.count)
        }
    }

    @Test func aDeadTargetIsRefusedAndNotHammered() async throws {
        let port = try await TestServer.deadPort()
        let totals = try await Totals.of(load(), port: port, until: firstSample)
        totals.expectConsistent()
        #expect(totals.failures == [.refused: totals.started])
        #expect(totals.started >= 3)
        // Three users that wait 0.1 s after each failure.
        #expect((totals.samples.first?.tasks.first?.started ?? 0) <= 33)
    }

    @Test func anOrderThatMeetsAClosedConnectionFailsAndAReadIsSentAgain() async throws {
        let order = LoadTask(
            name: "order", weight: 1, method: .post, path: "/orders",
            bodies: [BodyTemplate(share: 1, pieces: [.text("{}")])], expect: .init(status: 200))
        try await TestServer.with(.closeAtSecond(Self.list)) { server, port in
            let reads = try await Totals.of(load(), port: port, users: 1) { _ in
                await server.requests(20)
                return []
            }
            reads.expectConsistent()
            #expect(reads.failed == 0)
            let before = server.seen.count
            let orders = try await Totals.of(load([order]), port: port, users: 1) { _ in
                await server.requests(before + 4)
                return []
            }
            orders.expectConsistent()
            #expect(orders.failures[.reset] == orders.failed)
            #expect(orders.failed > 0)
            #expect(orders.started == server.seen.count - before)
        }
    }

    @Test func bodiesAreDrawnAndReproduce() async throws {
        let order = LoadTask(
            name: "order", weight: 1, method: .post, path: "/orders",
            bodies: [
                BodyTemplate(share: 0.7, pieces: [.text("{\"user_id\":"), .randomInteger(1...1000), .text("}")]),
                BodyTemplate(share: 0.3, pieces: [.text("{\"more\":"), .randomInteger(-3...3), .text("}")]),
            ], expect: .init(status: 201, has: ["order_id"]))
        let answer = TestServer.json("{\"order_id\":17}", status: "201 Created")
        var runs: [[String]] = []
        for _ in 0..<2 {
            try await TestServer.with(.answer(answer)) { server, port in
                let totals = try await Totals.of(load([order]), port: port, users: 1) { _ in
                    await server.requests(200)
                    return []
                }
                totals.expectConsistent()
                #expect(totals.failed == 0)
                runs.append(server.seen.requests.prefix(200).map { String($0.split(separator: "\r\n").last ?? "") })
            }
        }
        #expect(runs.first == runs.last)
        let bodies = try #require(runs.first)
        #expect(Set(bodies).count > 50)
        let more = bodies.filter { $0.hasPrefix("{\"more\":") }.count
        #expect((30...90).contains(more))
    }

    @Test func pathsAreDrawn() async throws {
        let task = LoadTask(
            name: "order", weight: 1, method: .get, path: "/orders/${random(1, 9)}/${choice(a, b)}?${uuid}",
            pathPieces: [
                .text("/orders/"), .randomInteger(1...9), .text("/"), .choice(["a", "b"]), .text("?"), .uuid,
            ],
            expect: .init())
        try await TestServer.with(.answer(Self.list)) { server, port in
            let totals = try await Totals.of(load([task]), port: port) { _ in
                await server.requests(100)
                return []
            }
            totals.expectConsistent()
            let lines = server.seen.requests.map { String($0.prefix { $0 != "\r\n" }) }
            let uuid = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
            for line in lines {
                #expect(line.wholeMatch(of: /GET \/orders\/[1-9]\/[ab]\?(.*) HTTP\/1.1/)?.1.wholeMatch(of: uuid) != nil)
            }
            #expect(Set(lines).count == lines.count)
        }
    }

    @Test func tasksAreChosenByWeight() async throws {
        let tasks = [1, 3, 0].enumerated().map { index, weight in
            LoadTask(name: "t\(index)", weight: weight, method: .get, path: "/\(index)", expect: .init())
        }
        try await TestServer.with(.answer(Self.list)) { server, port in
            let totals = try await Totals.of(load(tasks), port: port) { _ in
                await server.requests(2000)
                return []
            }
            let counts = (0..<3).map { task in totals.samples.reduce(0) { $0 + $1.tasks[task].started } }
            #expect(counts[2] == 0)
            #expect((0.65...0.85).contains(Double(counts[1]) / Double(counts[0] + counts[1])))
        }
    }

    @Test func usersComeAndGo() async throws {
        try await TestServer.with(.answer(Self.list)) { server, port in
            let think = ThinkTime(minimum: 0.05, maximum: 0.1)
            let generator = try LoadGenerator(
                endpoint: .init(host: "127.0.0.1", port: port), load: load(think: think), options: .init(threads: 2))
            let samples = generator.start()
            generator.setUsers(20, ratePerSecond: 1000)
            var users: [Int] = []
            for await sample in samples {
                users.append(sample.users)
                if users.count == 1 { generator.setUsers(5, ratePerSecond: .infinity) }
                if users.count == 30 || sample.users == 5 { break }
            }
            #expect(users.first == 20 && users.last == 5)
            #expect(server.seen.connections == 20)
            #expect(server.seen.open == 5)
            _ = await generator.stop()
        }
    }

    @Test func preflightTriesEveryBody() async throws {
        let order = LoadTask(
            name: "order", weight: 1, method: .post, path: "/orders",
            bodies: (1...2).map { BodyTemplate(share: 0.5, pieces: [.text("{\"n\":\($0)}")]) },
            expect: .init(status: 200, jsonKind: .object))
        let tasks = load().tasks + [order]
        try await TestServer.with(.answer(Self.list)) { server, port in
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load(tasks))
            let results = await generator.preflight()
            #expect(results.map(\.task) == ["report", "order", "order"])
            #expect(results.map { $0.failure?.kind } == [nil, .check, .check])
            #expect(results.last?.failure?.detail == "the body is a list (expected an object)")
            #expect(results.last?.failure?.request == "POST /orders\n{\"n\":2}")
            #expect(server.seen.requests.map { $0.contains("{\"n\":1}") } == [false, true, false])
            _ = await generator.stop()
        }
    }

    @Test func preflightOfADeadTargetSaysSo() async throws {
        let port = try await TestServer.deadPort()
        let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load())
        let results = await generator.preflight()
        #expect(results.map { $0.failure?.kind } == [.refused])
        let report = await generator.stop()
        #expect(report.seconds == 0)
    }

    @Test func stoppingTwiceOrCancelledGivesTheSameReport() async throws {
        try await TestServer.with(.answer(Self.list)) { server, port in
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load())
            let samples = generator.start()
            generator.setUsers(2, ratePerSecond: .infinity)
            await server.requests(10)
            let reports = await withTaskGroup(of: GeneratorReport.self) { group in
                for _ in 0..<3 { group.addTask { await generator.stop() } }
                group.cancelAll()
                return await group.reduce(into: []) { $0.append($1) }
            }
            let last = await generator.stop()
            #expect(reports.allSatisfy { $0 == last })
            for await sample in samples where sample.inFlight > 0 { Issue.record("requests left in flight") }
            generator.setUsers(5, ratePerSecond: 1)
            #expect(await generator.preflight().isEmpty)
        }
    }

    @Test func aShortcutIsTakenAndTheTargetNamed() async throws {
        try await TestServer.with(.answer(Self.list)) { server, port in
            let target = Endpoint(
                host: "shop.invalid", port: 8080, shortcut: HostAndPort(host: "127.0.0.1", port: port))
            let generator = try LoadGenerator(endpoint: target, load: load())
            #expect(await generator.preflight().allSatisfy { $0.failure == nil })
            _ = await generator.stop()
            #expect(server.seen.requests.first?.contains("\r\nHost: shop.invalid:8080\r\n") == true)
        }
    }

    @Test(arguments: [("", 80), ("127.0.0.1", 0), ("127.0.0.1", 70_000), ("a b", 80)])
    func wrongTargetsAreRefused(host: String, port: Int) {
        #expect(throws: Problem.self) { try LoadGenerator(endpoint: .init(host: host, port: port), load: load()) }
    }

    @Test func wrongLoadsAreRefused() {
        let target = Endpoint(host: "127.0.0.1", port: 80)
        let injected = LoadTask(name: "x", weight: 1, method: .get, path: "/a HTTP/1.1\r\nX: y", expect: .init())
        let idle = LoadTask(name: "x", weight: 0, method: .get, path: "/", expect: .init())
        for wrong in [load([]), load([injected]), load([idle]), load(timeout: 0)] {
            #expect(throws: Problem.self) { try LoadGenerator(endpoint: target, load: wrong) }
        }
    }
}
