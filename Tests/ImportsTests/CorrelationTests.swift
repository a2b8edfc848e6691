import Foundation
import Imports
import Synchronization
import TestSupport
import Testing

/// Values of answers that are sent later, secrets, and pauses.
@Suite(.timed, .timeLimit(.minutes(2))) struct CorrelationTests {
    /// The application gives each user other tokens and ids than the recording has.
    @Test func whatAnAnswerGivesIsTakenAndSentAgain() async throws {
        let recording = try Recording(Fixture(name: "chrome-login.har"))
        let fresh = [
            ("k7Qw2ZpL9xYtR4vB8nMd", "FRESH-TOKEN-000000001"), ("c-9f8e7d6c", "c-00000001"), ("90210", "33333"),
            ("ffee00112233445566", "1111222233334444"), ("a1b2c3d4e5f6a7b8", "9999888877776666"),
        ]
        let server = try RecordingServer { request in
            var asked = request
            asked.target = fresh.reduce(request.target) { $0.replacing($1.1, with: $1.0) }
            var answer = recording.answer(asked)
            answer.body = fresh.reduce(answer.body) { $0.replacing($1.0, with: $1.1) }
            answer.headers = answer.headers.map { field in
                (field.name, fresh.reduce(field.value) { $0.replacing($1.0, with: $1.1) })
            }
            return answer
        }
        defer { server.stop() }
        let imported = try Fixture(name: "chrome-login.har").imported { $0.target = "http://127.0.0.1:\(server.port)" }
        try await Fixture.inFolder { folder in
            let experiment = try Fixture.experiment(of: imported, in: folder)
            #expect(try await Fixture.run(experiment, port: server.port) == [])
        }
        let requests = server.requests
        try #require(requests.count == 6)
        let bodies = requests.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies[1] == "csrf_token=FRESH-TOKEN-000000001&email=ann%40example.com&password=correct+horse")
        #expect(requests[1].headers["cookie"] == "sid=9999888877776666")
        #expect(requests[3].headers["x-csrf-token"] == "FRESH-TOKEN-000000001")
        #expect(requests[3].headers["cookie"] == "sid=1111222233334444")
        #expect(requests[4].target == "/api/carts/c-00000001/items/17")
        #expect(bodies[4] == "{\"cart_id\":\"c-00000001\",\"quantity\":2,\"note\":\"a $5 \\\"gift\\\" ${x}\"}")
        #expect(requests[5].target == "/api/items/33333?cart=c-00000001&q=caf%C3%A9%20noir")
        for request in requests { #expect(!"\(request)".contains("ffee0011")) }
    }

    @Test func pausesAreThoseOfThePerson() throws {
        let lines = try Fixture(name: "chrome-login.har").imported().text.split(separator: "\n")
        // From the end of each answer to the next action: 7.5 s less 0.025, and so on.
        #expect(
            lines.filter { $0.contains("  think_time:") }.map { $0.trimmingCharacters(in: .whitespaces) } == [
                "think_time: 7.5s", "think_time: 4.4s", "think_time: 3s", "think_time: 4.4s",
                "think_time: 0s    # but where a step has its own",
            ])
    }

    @Test func secretsAreVariablesAndStandNowhere() throws {
        for (name, secrets) in [
            ("chrome-login.har", ["correct horse", "correct+horse", "ffee0011", "k7Qw2"]),
            ("firefox-orders.har", ["hunter2", "eyJhbG"]),
            ("postman-folders.json", ["p4ss", "tok-abcdef", "k-123456"]),
            ("postman-auth.json", ["abc.def", "YW5uOnB3", "qk"]), ("postman-variables.json", ["AK1"]),
            ("curl-chrome.sh", ["eyJhbG", "abc123", "theme=dark"]), ("curl-next.sh", ["k-1"]),
            ("curl-several.sh", ["secret word", "YW5uOnNl"]),
        ] {
            let imported = try Fixture(name: name).imported { $0.target = "http://127.0.0.1:1" }
            for secret in secrets { #expect(!imported.text.contains(secret), "\(name) has \(secret)") }
            #expect(
                imported.variables.allSatisfy {
                    imported.text.contains("# \($0.name)") || imported.text.contains("export \($0.name)=")
                })
            #expect(!imported.variables.isEmpty)
        }
        let names = try Fixture(name: "curl-chrome.sh").imported().variables.map(\.name)
        #expect(names == ["AUTHORIZATION", "COOKIE"])
        let folders = try Fixture(name: "postman-folders.json").imported()
        #expect(folders.variables.map(\.name).sorted() == ["PASSWORD", "TOKEN", "X_API_KEY"])
        #expect(folders.variables.first { $0.name == "PASSWORD" }?.value == "p4ss-word")
    }

    @Test func cookiesFromBeforeTheRecordingAreVariables() throws {
        let text = """
            {"log":{"entries":[
             {"startedDateTime":"2026-11-30T10:00:00Z","time":5,"request":{"method":"GET","url":"http://a.test/x","headers":[
               {"name":"Cookie","value":"old=12345678; lang=fr"}]},"response":{"status":200,"headers":[
               {"name":"Set-Cookie","value":"new=abcdefgh; Path=/\\nother=1"}],"content":{}}},
             {"startedDateTime":"2026-11-30T10:00:01Z","time":5,"request":{"method":"GET","url":"http://a.test/y","headers":[
               {"name":"Cookie","value":"old=12345678; new=abcdefgh"}]},"response":{"status":200,"headers":[],"content":{}}}
            ]}}
            """
        let imported = try importedExperiment(from: Array(text.utf8), .init(name: "a", source: "a.har"))
        #expect(imported.text.contains("Cookie: \"old=${env(COOKIE_OLD)}; lang=${env(COOKIE_LANG)}\""))
        #expect(imported.text.contains("cookie_new: { cookie: \"new\" }"))
        #expect(imported.text.contains("Cookie: \"old=${env(COOKIE_OLD)}; new=${cookie_new}\""))
    }

    @Test func staticFilesAreKeptWhereAskedFor() throws {
        let imported = try Fixture(name: "chrome-login.har").imported { $0.keepsStatic = true }
        #expect(imported.taskCount == 8 && imported.text.contains("get: /app.css"))
    }
}
