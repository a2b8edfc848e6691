import Foundation
import Imports
import Model
import TestSupport
import Testing

/// What cannot be imported is refused with what to do, quickly and without a crash.
@Suite(.timed, .timeLimit(.minutes(3))) struct BadInputTests: Sendable {
    private func problem(_ text: String, _ change: (inout ImportSettings) -> Void = { _ in }) -> String {
        problem(Array(text.utf8), change)
    }

    private func problem(_ bytes: [UInt8], _ change: (inout ImportSettings) -> Void = { _ in }) -> String {
        var settings = ImportSettings(name: "a", source: "a.txt")
        change(&settings)
        do {
            let imported = try importedExperiment(from: bytes, settings)
            return "imported: \(imported.summary)"
        } catch {
            #expect(error.kind == .usage && error.nextStep != nil)
            return error.message
        }
    }

    @Test func whatIsNoneOfTheSources() {
        #expect(problem("") == "a.txt is empty")
        #expect(problem(" \n") == "a.txt is empty")
        #expect(problem("hello world") == "a.txt is none of what can be imported")
        #expect(problem("{\"a\": 1}") == "a.txt is none of what can be imported")
        #expect(problem("[1, 2]") == "a.txt is none of what can be imported")
        #expect(problem("<html></html>") == "a.txt is none of what can be imported")
        #expect(problem([0x50, 0x4B, 0x03, 0x04, 0xFF, 0x00]) == "a.txt is no text of UTF-8")
        #expect(problem("a: [1").hasPrefix("a.txt cannot be read: it is neither JSON nor YAML"))
        #expect(
            problem("{\"log\": {\"entries\": oops}}") == "a.txt is not JSON: line 1, column 21: this is no JSON value")
    }

    @Test func otherVersions() {
        #expect(problem("swagger: '2.0'\npaths: {}\n") == "this is Swagger 2.0; version 3 is read")
        #expect(problem("{\"swagger\": \"2.0\"}") == "this is Swagger 2.0; version 3 is read")
        #expect(problem("{\"openapi\": \"4.0.0\"}") == "this is OpenAPI 4.0.0; version 3 is read")
        #expect(problem("{\"id\":\"x\",\"order\":[],\"requests\":[]}") == "this is a collection of Postman's format 1")
        #expect(problem("openapi: 3.0.0\npaths: {}\n") == "the description does not say where its server is")
        #expect(
            problem("openapi: 3.0.0\nservers: [{url: 'http://a.test'}]\npaths: {}\n")
                == "a.txt has nothing to load: 0 requests: 0 tasks")
        #expect(
            problem("curl http://a.test/") { $0.target = "http://a/b" }
                == "--url takes an address without a path, not http://a/b")
    }

    /// Every beginning of a source is cut short, and said to be.
    @Test(arguments: ["chrome-login.har", "secured.json", "postman-bodies.json"])
    func truncated(name: String) async throws {
        let bytes = try Array(Fixture(name: name).bytes().reversed().drop { $0 == 0x0A }.reversed())
        await onThread {
            for length in stride(from: 1, to: bytes.count, by: 97) {
                let message = problem(Array(bytes.prefix(length)))
                #expect(message == "a.txt is cut short: its JSON ends in the middle, after \(length) bytes")
            }
        }
    }

    @Test(arguments: ["petstore.yaml", "curl-several.sh", "curl-next.sh", "cyclic.yaml"])
    func everyBeginningOfATextIsReadOrRefused(name: String) async throws {
        let bytes = try Fixture(name: name).bytes()
        let read = await onThread {
            stride(from: 1, to: bytes.count, by: 61).count { problem(Array(bytes.prefix($0))).hasPrefix("imported") }
        }
        #expect(read > 0)
    }

    @Test func nestingAndAliasesCostNothing() async {
        await onThread { nesting() }
    }

    private func nesting() {
        #expect(problem(String(repeating: "[", count: 1_000_000)).contains("nested more than 400 levels deep"))
        #expect(problem(String(repeating: "{\"a\":", count: 1_000_000)).contains("nested more than 400 levels deep"))
        #expect(
            problem("openapi: 3.0.0\nx: " + String(repeating: "[", count: 100_000)).contains("nested more than 200"))
        #expect(
            problem("openapi: 3.0.0\nx:\n" + String(repeating: "- ", count: 100_000)).contains("nested more than 200"))
        let deep = (0..<3000).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(problem("openapi: 3.0.0\n" + deep).contains("nested more than 200"))
        var bomb = "openapi: 3.0.0\na0: &a0 [x]\n"
        for level in 1...30 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n" }
        #expect(problem(bomb).contains("it has aliases"))
        let keys = "openapi: 3.0.0\na: &a {k: 1}\nb:\n  ? *a\n  : 2\n"
        #expect(problem(keys).contains("it has aliases"))
    }

    /// A schema that is wide and refers to itself does not grow without end.
    @Test func selfReferencesAreBounded() throws {
        let properties = (0..<30).map { "p\($0): { $ref: '#/components/schemas/A' }" }.joined(separator: ", ")
        let text = """
            openapi: 3.0.0
            servers: [{ url: "http://a.test" }]
            paths: { /a: { post: { requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/A" } } } } } } }
            components: { schemas: { A: { type: object, properties: { \(properties) } } } }
            """
        let imported = try importedExperiment(from: Array(text.utf8), .init(name: "a", source: "a", savesFiles: true))
        #expect(imported.taskCount + imported.leftOut.count == 1 && imported.text.utf8.count < 100_000)
    }

    /// 50 MB of entries are read in full.
    @Test func aLargeRecording() async throws {
        try await onThread { try large() }
    }

    private func large() throws {
        let filler = String(repeating: "x", count: 50_000)
        let entries = (0..<1000).map { number in
            """
            {"startedDateTime":"2026-11-30T10:00:00Z","time":1,"request":{"method":"GET","url":"http://a.test/x/\(number)",\
            "headers":[]},"response":{"status":200,"headers":[],"content":{"mimeType":"application/json","text":"{\\"a\\":\\"\(filler)\\"}"}}}
            """
        }
        let text = "{\"log\":{\"entries\":[" + entries.joined(separator: ",") + "]}}"
        #expect(text.utf8.count > 50_000_000)
        let imported = try importedExperiment(from: Array(text.utf8), .init(name: "a", source: "a.har"))
        #expect(imported.summary == "1000 requests: 100 tasks, 900 left out: 900 beyond the 100 steps of a flow")
    }

    /// What a source holds cannot become something else in the definition.
    @Test func textsStayTexts() async throws {
        let odd = "a: b #c *d &e [f {g ${h} $$ %i \\ \" ' \u{2028} \u{7F}é"
        let json = String(decoding: try JSONEncoder().encode(odd), as: UTF8.self)
        let text = """
            {"info":{"name":\(json),"schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
             "item":[{"name":\(json),"request":{"method":"POST","url":"http://a.test/x?y=z","body":{"mode":"urlencoded",
             "urlencoded":[{"key":\(json),"value":\(json)}]}}}]}
            """
        let server = try RecordingServer()
        defer { server.stop() }
        let imported = try importedExperiment(
            from: Array(text.utf8),
            .init(name: "a", source: odd, target: "http://127.0.0.1:\(server.port)", savesFiles: true))
        try await Fixture.inFolder { folder in
            let experiment = try Fixture.experiment(of: imported, in: folder)
            #expect(try await Fixture.run(experiment, port: server.port) == [])
        }
        let body = String(decoding: try #require(server.requests.first).body, as: UTF8.self)
        let pair = body.split(separator: "=").map { $0.replacing("+", with: " ").removingPercentEncoding }
        #expect(pair == [odd, odd])
    }
}
