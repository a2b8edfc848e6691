import LoadGenerator
import Model
import Synchronization
import TestSupport
import Testing

/// Users who log in, keep cookies, follow redirects, and do things in an order.
@Suite(.timed, .timeLimit(.minutes(5))) struct SessionTests {
    /// A shop with a form, a login by token and two cookies, and pages for who is logged in.
    private final class Shop: Sendable {
        struct State: Sendable {
            var forms = 0
            var logins: [String: Int] = [:]
            var pages = 0
            var strangers: [String] = []
        }

        let state = Mutex(State())

        func answer(_ request: String) -> String {
            let cookies =
                request.split(separator: "\r\n").first { $0.hasPrefix("Cookie: ") }
                .map { $0.dropFirst(8).split(separator: "; ").map(String.init) } ?? []
            return state.withLock { state in
                if request.hasPrefix("GET /login ") {
                    state.forms += 1
                    let page = "<form><input type=\"hidden\" name=\"csrf\" value=\"t&amp;\(state.forms)\"></form>"
                    return TestServer.json(page, head: "Set-Cookie: form=\(state.forms); Path=/\r\n")
                }
                if request.hasPrefix("POST /login ") {
                    let form = cookies.first { $0.hasPrefix("form=") }?.dropFirst(5) ?? "none"
                    guard request.hasSuffix("\r\n\r\ncsrf=t%26\(form)") else {
                        return TestServer.json("{}", status: "403 Forbidden")
                    }
                    state.logins["\(form)", default: 0] += 1
                    return TestServer.json(
                        "", status: "302 Found",
                        head: "Set-Cookie: sid=s\(form); Path=/; HttpOnly\r\nSet-Cookie: lang=fr\r\nLocation: /home\r\n"
                    )
                }
                state.pages += 1
                let form = cookies.first { $0.hasPrefix("form=") }?.dropFirst(5) ?? "none"
                guard cookies.contains("sid=s\(form)") else {
                    state.strangers.append(request)
                    return TestServer.json("{}", status: "401 Unauthorized")
                }
                return TestServer.json("{\"user\":\"\(form)\"}")
            }
        }
    }

    private static let selector = ElementSelector(rawValue: "input[name=csrf]")

    private func shopping() throws -> [LoadTask] {
        let selector = try #require(Self.selector)
        let login = LoadTask(
            name: "login", weight: 1, method: .post, path: "/login",
            headers: [HeaderTemplate(name: "Content-Type", pieces: [.text("application/x-www-form-urlencoded")])],
            bodies: [BodyTemplate(share: 1, pieces: [.text("csrf="), .variable("token")])], expect: .init(),
            order: .once, follow: 3)
        let form = LoadTask(
            name: "form", weight: 1, method: .get, path: "/login", expect: .init(),
            takes: [Take(name: "token", source: .element(selector, attribute: "value"))], order: .once)
        let page = LoadTask(name: "page", weight: 1, method: .get, path: "/me", expect: .init(has: ["user"]))
        return [form, login, page]
    }

    private func load(_ tasks: [LoadTask], setup: [LoadTask] = [], cookies: Bool? = nil) -> LoadDefinition {
        LoadDefinition(
            tasks: tasks, thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]), timeout: 30, cookies: cookies,
            setup: setup)
    }

    /// Tries the tasks, then lets users come until so many requests are there.
    private func run(
        _ load: LoadDefinition, port: Int, users: Int, threads: Int = 2, until server: TestServer, requests: Int
    ) async throws -> (samples: [SecondSample], preflight: [String]) {
        let generator = try LoadGenerator(
            endpoint: .init(host: "127.0.0.1", port: port), load: load, options: .init(threads: threads))
        let preflight = await generator.preflight().compactMap { $0.failure?.detail }
        let samples = generator.start()
        generator.setUsers(users, ratePerSecond: .infinity)
        await server.requests(requests)
        _ = await generator.stop()
        var taken: [SecondSample] = []
        for await sample in samples { taken.append(sample) }
        return (taken, preflight)
    }

    @Test func aThousandUsersLogInOnceEach() async throws {
        let shop = Shop()
        try await TestServer.with(.made { shop.answer($0) }) { server, port in
            var load = load(try shopping())
            // Who has logged in goes on with pages, which nobody waits for while others log in.
            load.thinkTime = ThinkTime(minimum: 0.2, maximum: 0.4)
            let generator = try LoadGenerator(
                endpoint: .init(host: "127.0.0.1", port: port), load: load, options: .init(threads: 2))
            #expect(await generator.preflight().compactMap { $0.failure?.detail } == [])
            let stream = generator.start()
            generator.setUsers(1000, ratePerSecond: .infinity)
            while shop.state.withLock({ $0.logins.count }) < 1000 { try await Task.sleep(for: .milliseconds(10)) }
            await server.requests(server.seen.count + 2000)
            _ = await generator.stop()
            var samples: [SecondSample] = []
            for await sample in stream { samples.append(sample) }
            let state = shop.state.withLock { $0 }
            // The one who tried the tasks is the first of them.
            #expect(state.logins.count == 1000 && state.logins.values.allSatisfy { $0 == 1 })
            #expect(state.forms == 1000)
            #expect(state.strangers == [])
            let tasks = (0..<3).map { index in samples.map { $0.tasks[index] } }
            #expect(tasks.joined().allSatisfy { $0.failures.isEmpty })
            #expect(tasks[1].reduce(0) { $0 + ($1.hops ?? 0) } == 999)
            #expect(tasks[0].reduce(0) { $0 + $1.started } == 999)
        }
    }

    @Test func whoCannotLogInTriesAgainBeforeAnythingElse() async throws {
        let once = LoadTask(name: "login", weight: 1, method: .get, path: "/login", expect: .init(), order: .once)
        let work = LoadTask(name: "work", weight: 1, method: .get, path: "/work", expect: .init())
        try await TestServer.with(.answer(TestServer.json("{}", status: "503 Busy"))) { server, port in
            _ = try await run(load([work, once]), port: port, users: 2, until: server, requests: 20)
            // The first two are those of the try before the load.
            #expect(server.seen.requests.dropFirst(2).allSatisfy { $0.hasPrefix("GET /login ") })
        }
    }

    @Test func aFlowGoesStepByStepAndEndsAtAFailure() async throws {
        let tasks = (0..<3).map { number in
            LoadTask(
                name: "s\(number)", weight: 3, method: .get, path: "/\(number)", expect: .init(),
                order: .step(number, of: "buy"))
        }
        let other = LoadTask(name: "other", weight: 1, method: .get, path: "/other", expect: .init())
        let answer: @Sendable (String) -> String = { request in
            TestServer.json("{}", status: request.hasPrefix("GET /1 ") ? "500 No" : "200 OK")
        }
        for (behaviour, follower) in [(TestServer.Behaviour.answer(TestServer.json("{}")), "/2"), (.made(answer), "")] {
            try await TestServer.with(behaviour) { server, port in
                _ = try await run(load(tasks + [other]), port: port, users: 1, threads: 1, until: server, requests: 300)
                let paths = server.seen.requests.dropFirst(4).compactMap { $0.split(separator: " ").dropFirst().first }
                for (path, next) in zip(paths, paths.dropFirst()) {
                    if path == "/0" { #expect(next == "/1") }
                    if path == "/1" { #expect(follower.isEmpty ? next != "/2" : next == follower) }
                    if path == "/2" || path == "/other" { #expect(next == "/0" || next == "/other") }
                }
                #expect(paths.contains("/other") && paths.contains("/1"))
            }
        }
    }

    @Test func whatTheSetupTakesIsForAll() async throws {
        let setup = LoadTask(
            name: "token", weight: 1, method: .get, path: "/token", expect: .init(),
            takes: [Take(name: "token", source: .pattern(#"token: (\w+?);"#))])
        let work = LoadTask(
            name: "work", weight: 1, method: .get, path: "/work",
            headers: [HeaderTemplate(name: "Authorization", pieces: [.text("Bearer "), .variable("token")])],
            expect: .init())
        for preflights in [true, false] {
            try await TestServer.with(.answer(TestServer.json("a token: abc1; token: x;"))) { server, port in
                let generator = try LoadGenerator(
                    endpoint: .init(host: "127.0.0.1", port: port), load: load([work], setup: [setup]))
                if preflights { #expect(await generator.preflight().map(\.task) == ["token", "work"]) }
                let samples = generator.start()
                generator.setUsers(5, ratePerSecond: .infinity)
                await server.requests(50)
                _ = await generator.stop()
                for await sample in samples { #expect(sample.tasks.count == 1) }
                #expect(server.seen.requests.count { $0.hasPrefix("GET /token ") } == 1)
                #expect(
                    server.seen.requests.dropFirst().allSatisfy { $0.contains("\r\nAuthorization: Bearer abc1\r\n") })
            }
        }
    }

    @Test(arguments: [
        (HTTPMethod.post, 301, "GET /b", ""), (.post, 302, "GET /b", ""), (.post, 303, "GET /b", ""),
        (.put, 302, "PUT /b", "{}"), (.put, 303, "GET /b", ""), (.post, 307, "POST /b", "{}"),
        (.patch, 308, "PATCH /b", "{}"),
    ])
    func redirectsKeepMethodAndBodyAsTheStandardSays(
        method: HTTPMethod, status: Int, line: String, body: String
    ) async throws {
        let task = LoadTask(
            name: "t", weight: 1, method: method, path: "/a", bodies: [BodyTemplate(share: 1, pieces: [.text("{}")])],
            expect: .init(), follow: 1)
        let redirect = TestServer.json("", status: "\(status) To", head: "Location: b\r\nConnection: close\r\n")
        try await TestServer.with(.made { $0.contains(" /a ") ? redirect : TestServer.json("{}") }) { server, port in
            let totals = try await Totals.of(load([task]), port: port, users: 2) { _ in
                await server.requests(40)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failures == [:])
            let hops = server.seen.requests.filter { !$0.contains(" /a ") }
            #expect(hops.count == totals.samples.flatMap(\.tasks).reduce(0) { $0 + ($1.hops ?? 0) })
            let (begin, end) = ("\(line) HTTP/1.1\r\n", "\r\n\r\n\(body)")
            #expect(hops.allSatisfy { $0.hasPrefix(begin) && $0.hasSuffix(end) })
            #expect(hops.allSatisfy { $0.contains("Content-Type") == !body.isEmpty })
        }
    }

    @Test(arguments: [
        ("http://shop.invalid/", "the redirect to http://shop.invalid/ leads to another host, so it was not followed"),
        ("https://127.0.0.1/", "the redirect to https://127.0.0.1/ leads to another host, so it was not followed"),
        ("/again", "more than 2 redirects one after the other"),
    ])
    func redirectsThatAreNotFollowedAreFailuresOfTheirOwn(location: String, words: String) async throws {
        let task = LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: .init(), follow: 2)
        let answer = TestServer.json("", status: "302 To", head: "Location: \(location)\r\n")
        try await TestServer.with(.answer(answer)) { server, port in
            let totals = try await Totals.of(load([task]), port: port, users: 1) { _ in
                await server.requests(12)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failures == [.redirect: totals.started])
            #expect(totals.examples.first?.detail == words)
        }
    }

    /// A redirect that names no place leads nowhere, in browsers and in curl too.
    @Test(arguments: [(0, "/b"), (2, "")])
    func whoDoesNotFollowSeesTheRedirect(follow: Int, location: String) async throws {
        let task = LoadTask(
            name: "t", weight: 1, method: .get, path: "/",
            expect: .init(status: 200, otherStatuses: [200...200, 300...399]), follow: follow)
        let answer = TestServer.json("", status: "302 To", head: "Location: \(location)\r\n")
        try await TestServer.with(.answer(answer)) { server, port in
            let totals = try await Totals.of(load([task]), port: port, users: 1) { _ in
                await server.requests(12)
                return []
            }
            #expect(totals.failures == [:])
            #expect(server.seen.requests.allSatisfy { $0.hasPrefix("GET / ") })
        }
    }

    @Test func cookiesAreKeptOnlyWhereTheyAreWanted() async throws {
        let answer = TestServer.json("{}", head: "Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\n")
        let plain = LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: .init())
        let own = LoadTask(
            name: "t", weight: 1, method: .get, path: "/",
            headers: [HeaderTemplate(name: "Cookie", pieces: [.text("c=3")])],
            expect: .init())
        let taken = LoadTask(
            name: "t", weight: 1, method: .get, path: "/", expect: .init(),
            takes: [Take(name: "b", source: .cookie("b"))])
        for (task, cookies, field) in [
            (plain, nil, nil), (plain, true, "a=1; b=2"), (own, true, "c=3"), (taken, nil, "a=1; b=2"),
            (taken, true, "a=1; b=2"),
        ] as [(LoadTask, Bool?, String?)] {
            try await TestServer.with(.answer(answer)) { server, port in
                let totals = try await Totals.of(load([task], cookies: cookies), port: port, users: 1) { _ in
                    await server.requests(5)
                    return []
                }
                #expect(totals.failures == [:])
                let last = try #require(server.seen.requests.last).split(separator: "\r\n")
                #expect(last.first { $0.hasPrefix("Cookie: ") }.map { String($0.dropFirst(8)) } == field)
            }
        }
    }

    @Test func allCookiesOfAnAnswerCanBeTakenForAField() async throws {
        let answer = TestServer.json("{}", head: "Set-Cookie: lang=fr; Path=/\r\nSet-Cookie: sid=7; HttpOnly\r\n")
        let login = LoadTask(
            name: "login", weight: 1, method: .get, path: "/login", expect: .init(),
            takes: [Take(name: "cookie", source: .header("Set-Cookie"))])
        let me = LoadTask(
            name: "me", weight: 1, method: .get, path: "/me",
            headers: [HeaderTemplate(name: "Cookie", pieces: [.variable("cookie")])], expect: .init())
        try await TestServer.with(.answer(answer)) { server, port in
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load([login, me]))
            #expect(await generator.preflight().allSatisfy { $0.failure == nil })
            _ = await generator.stop()
            #expect(server.seen.requests.last?.contains("\r\nCookie: lang=fr; sid=7\r\n") == true)
        }
    }
}
