import Commands
import Foundation
import Model
import TestSupport
import Testing

/// `storelab import` as its users run it.
@Suite(.timed, .timeLimit(.minutes(1))) struct ImportCommandTests {
    private static let commands = """
        curl http://127.0.0.1:8080/a -H 'Authorization: Bearer abc'
        curl http://127.0.0.1:8080/b --data-binary @b.bin -H 'Content-Type: image/png'
        curl http://other.test/c
        """

    @Test func theExperimentGoesToStandardOutput() async throws {
        let checkout = try Checkout()
        let source = try checkout.write("shop.sh", Self.commands)
        try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: checkout.home + "/experiments/b.bin"))
        let answer = try await checkout.answer("import", source)
        #expect(answer.text.contains("\nname: shop\n") && answer.text.contains("${env(AUTHORIZATION)}"))
        #expect(
            answer.message?.split(separator: "\n").map(String.init)
                == [
                    "left out: GET http://other.test/c (line 3): to another host",
                    "left out: POST http://127.0.0.1:8080/b (line 2): a body that only a file can hold; with -o FILE it is written beside",
                    "storelab: 3 requests: 1 task, 2 left out: 1 for a body that only a file can hold; with -o FILE it is written beside, 1 to another host",
                    "storelab: set before a run: AUTHORIZATION",
                ].sorted { one, _ in one.contains("only a file") && one.hasPrefix("left out") })
        #expect(!FileManager.default.fileExists(atPath: checkout.home + "/experiments/shop-files"))
    }

    @Test func theExperimentIsWrittenOnceAndValid() async throws {
        let checkout = try Checkout()
        let source = try checkout.write("source.sh", Self.commands)
        try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: checkout.home + "/experiments/b.bin"))
        let file = checkout.home + "/experiments/my shop.yaml"
        let answer = try await checkout.answer("import", source, "-o", file, "--url", "http://127.0.0.1:9")
        #expect(answer.text == file && answer.message?.hasSuffix("then: ./storelab run \(file)") == true)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("\nname: my-shop\n") && text.contains("  url: http://127.0.0.1:9\n"))
        let body = checkout.home + "/experiments/my-shop-files/post-b.bin"
        #expect(FileManager.default.contents(atPath: body) == Data([0xFF, 0xFE]))
        #expect(try await checkout.answer("validate", file).text == "1 experiment, no faults")
        // What is there is not written over.
        await #expect {
            try await checkout.answer("import", source, "-o", file)
        } throws: { ($0 as? Problem)?.message.hasSuffix("exists already") == true }
        let again = try await checkout.answer("import", source, "-o", file, "--force", "--name", "other")
        #expect(again.status == .measured)
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("\nname: other\n"))
    }

    @Test(arguments: [
        (["import", "none.har"], "there is no file none.har"),
        (["import", "/tmp"], "/tmp is not a file that can be read"),
        (["import", "https://shop.example/openapi.json"], "shop.example is not this machine"),
        (["import", "http://127.0.0.1.shop.example/a"], "127.0.0.1.shop.example is not this machine"),
        (["import", "/dev/null"], "/dev/null is empty"),
        (["import", "/dev/null", "--name", "a b"], "--name: a b is not a name"),
    ])
    func whatCannotBeRead(arguments: [String], message: String) async throws {
        let command = try #require(try StoreLab.command(arguments) as? any AnsweringCommand)
        let places = try Checkout().places
        await #expect {
            try await command.answer(in: places)
        } throws: { ($0 as? Problem)?.message == message && ($0 as? Problem)?.kind == .usage }
    }

    /// A source from elsewhere cannot have files of this machine sent.
    @Test func filesAreThoseBesideTheSource() async throws {
        let checkout = try Checkout()
        for name in ["/etc/hostname", "../../etc/hostname", "../secret.txt"] {
            try Data("secret".utf8).write(to: URL(fileURLWithPath: checkout.home + "/secret.txt"))
            let source = try checkout.write("a.sh", "curl http://127.0.0.1:1/x -d @\(name)\ncurl http://127.0.0.1:1/y")
            let answer = try await checkout.answer("import", source)
            #expect(
                !answer.text.contains("secret\"")
                    && answer.message?.contains("a file that is not there: \(name)") == true)
        }
    }

    @Test func loadsSayWhichVariablesAreMissing() throws {
        let checkout = try Checkout()
        let file = try checkout.write(
            "tasks.yaml",
            "[{ name: a, get: \"/${env(STORELAB_NOT_SET_1)}\" }, { name: b, post: /, text: \"${env(STORELAB_NOT_SET_2)}\" }]"
        )
        #expect {
            try LoadSetup(arguments: ["http://127.0.0.1:1/", "--tasks", file])
        } throws: {
            ($0 as? Problem)?.message
                == "these variables of the environment, which tasks send, are not set: STORELAB_NOT_SET_1, STORELAB_NOT_SET_2"
        }
    }

    /// A redirect may lead to another machine; it is named rather than followed.
    @Test func aURLOfThisMachineIsReadAndNoOther() async throws {
        let document = "openapi: 3.0.0\nservers: [{ url: /v1 }]\npaths: { /pets: { get: { responses: {} } } }"
        let server = try RecordingServer { request in
            switch request.target {
            case "/openapi.yaml": .init(body: document)
            case "/moved": .init(status: 302, headers: [("Location", "http://other.test/")])
            default: .init(status: 404)
            }
        }
        defer { server.stop() }
        let base = "http://127.0.0.1:\(server.port)"
        let answer = try await Checkout().answer("import", base + "/openapi.yaml")
        #expect(answer.text.contains("url: \(base)\n") && answer.text.contains("get: /v1/pets"))
        #expect(answer.text.contains("\nname: openapi\n"))
        for (path, status) in [("/moved", 302), ("/none", 404)] {
            await #expect {
                try await Checkout().answer("import", base + path)
            } throws: { ($0 as? Problem)?.message == "\(base)\(path) answered \(status)" }
        }
        await #expect(throws: Problem.self) { try await Checkout().answer("import", "http://127.0.0.1:1/x") }
    }
}
