import Experiments
import Foundation
import Imports
import Model
import TestSupport
import Testing

/// Twenty-five sources in the shapes that real tools export: nothing of them is lost, and what is made of them sends what they say.
@Suite(.timed, .timeLimit(.minutes(5))) struct ImportTests {
    /// - Parameter summary: what is printed.
    static let recordings = [
        (
            "chrome-login.har",
            "12 requests: 6 tasks, 6 left out: 3 static files, 1 for a question of the browser before another request (CORS), 1 for no answer, 1 to another host"
        ),
        ("firefox-orders.har", "6 requests: 5 tasks, 1 left out: 1 static file"),
        ("chrome-base64.har", "5 requests: 4 tasks, 1 left out: 1 static file"),
        (
            "chrome-redirects.har",
            "8 requests: 5 tasks, 3 left out: 1 for WebSocket, 1 for answered by the browser's cache, 1 to another host"
        ),
        ("chrome-multipart.har", "4 requests: 3 tasks, 1 left out: 1 for a file that the recording does not have"),
        ("chrome-odd.har", "8 requests: 8 tasks"), ("firefox-odd.har", "7 requests: 7 tasks"),
    ]
    static let described = [
        ("petstore.yaml", "6 requests: 6 tasks"),
        (
            "secured.json",
            "9 requests: 6 tasks, 3 left out: 1 for sent by the server itself, 1 for authentication of the kind digest, 1 for a client certificate"
        ),
        ("relative.json", "5 requests: 5 tasks"),
        (
            "postman-folders.json",
            "5 requests: 4 tasks, 1 left out: 1 for authentication of the kind digest"
        ),
        ("postman-bodies.json", "9 requests: 8 tasks, 1 left out: 1 for a file that is not there: lost.bin"),
        (
            "postman-auth.json",
            "6 requests: 4 tasks, 2 left out: 1 for authentication of the kind awsv4, 1 for authentication of the kind hawk"
        ),
        ("postman-20.json", "3 requests: 2 tasks, 1 left out: 1 for no request in it"),
        ("postman-variables.json", "4 requests: 3 tasks, 1 left out: 1 to another host"),
        ("postman-odd.json", "6 requests: 6 tasks"), ("styles.yaml", "4 requests: 4 tasks"),
    ]
    static let others = [
        (
            "cyclic.yaml",
            "5 requests: 2 tasks, 3 left out: 2 for a body that is described in another file, or by itself, 1 for a reference that leads nowhere, or to another file"
        ),
        ("many.yaml", "120 requests: 100 tasks, 20 left out: 20 beyond the 100 tasks of an experiment"),
    ]
    static let commands = [
        ("curl-chrome.sh", "1 request: 1 task"),
        ("curl-firefox.sh", "2 requests: 2 tasks"),
        (
            "curl-several.sh",
            "14 requests: 9 tasks, 5 left out: 1 for Digest authentication, 1 for several URLs in one, by [ ] or { }; write each out, 1 for an option that is not known here: --frobnicate, 1 for not a curl command, 1 to another host"
        ),
        ("curl-shell.sh", "17 requests: 14 tasks, 3 left out: 3 for not a curl command"),
        ("curl-files.sh", "6 requests: 5 tasks, 1 left out: 1 for a file that is not there: lost.txt"),
        (
            "curl-next.sh",
            "7 requests: 5 tasks, 2 left out: 1 for options in a file of their own (--config), 1 for a ' that is not closed"
        ),
    ]

    @Test(arguments: recordings + described + others + commands)
    func countsAddUpAndTheResultIsValid(name: String, summary: String) async throws {
        for (savesFiles, isFlow) in [(true, false), (false, false), (true, true)] {
            let target = name == "relative.json" ? "http://127.0.0.1:8080" : nil
            let imported = try Fixture(name: name).imported {
                ($0.savesFiles, $0.isFlow, $0.target) = (savesFiles, isFlow, target)
            }
            if savesFiles, !isFlow { #expect(imported.summary == summary) }
            let count = imported.summary.prefix { $0.isNumber }
            #expect(Int(count) == imported.taskCount + imported.leftOut.count)
            #expect(imported.text.contains("# \(imported.summary)."))
            for left in imported.leftOut { #expect(imported.text.contains(left.reason)) }
            try await Fixture.inFolder { folder in
                let experiment = try Fixture.experiment(of: imported, in: folder)
                #expect(experiment.load.tasks.count == imported.taskCount)
                // As it is written, too: without the variables.
                _ = try Experiments.experiment(in: imported.text, asFile: folder.appending(path: "imported.yaml").path)
            }
        }
    }

    private static let hasCurl = FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")

    @Test(.enabled(if: hasCurl, "curl is not installed"), arguments: recordings.map(\.0))
    func aRecordingIsSentAsCurlReplaysIt(name: String) async throws {
        let fixture = Fixture(name: name)
        let recording = try Recording(fixture)
        try await compare { host, folder in
            let imported = try fixture.imported { $0.target = "http://\(host)" }
            return (imported, try recording.script(without: imported.leftOut, host: host, in: folder))
        } answering: {
            recording.answer($0)
        }
    }

    @Test(.enabled(if: hasCurl, "curl is not installed"), arguments: described.map(\.0))
    func aDescriptionIsSentAsCurlReplaysIt(name: String) async throws {
        let script = Fixture(name: String(name.prefix { $0 != "." }) + ".sh")
        try await compare { host, _ in
            let imported = try Fixture(name: name).imported { ($0.target, $0.isFlow) = ("http://\(host)", true) }
            return (imported, String(decoding: try script.bytes(host: host), as: UTF8.self))
        } answering: { request in
            // What a script of the collection takes.
            .init(status: Self.status(of: request), body: "{\"data\":{\"token\":\"t\"}}")
        }
    }

    /// The first status of success that the descriptions give.
    private static func status(of request: RecordingServer.Request) -> Int {
        switch (request.method, request.target) {
        case ("POST", "/v1/pets"), ("POST", "/v3/body"): 201
        case ("DELETE", "/v1/pets/42"), ("OPTIONS", "/base/cache"): 204
        case ("POST", "/api/transfers"): 202
        case ("GET", let target) where target.hasPrefix("/base/search"): 301
        default: 200
        }
    }

    @Test(.enabled(if: hasCurl, "curl is not installed"), arguments: commands.map(\.0))
    func commandsAreSentAsCurlSendsThem(name: String) async throws {
        let fixture = Fixture(name: name)
        let leftOut = ["/digest", "/r1", "/r2", "/r3", "/lost"]
        try await compare { host, _ in
            let imported = try fixture.imported({ $0.isFlow = true }, host: host)
            let script = String(decoding: try fixture.bytes(host: host), as: UTF8.self)
            return (imported, script.replacing("elsewhere.test", with: "127.0.0.1:1"))
        } answering: { _ in
            .init()
        } without: {
            leftOut.contains($0.target)
        }
    }

    /// One user does all once; then the real curl does.
    private func compare(
        _ make: (_ host: String, _ folder: URL) throws -> (Imported, script: String),
        answering answer: @escaping @Sendable (RecordingServer.Request) -> RecordingServer.Answer,
        without isLeftOut: (RecordingServer.Request) -> Bool = { _ in false }
    ) async throws {
        try await Fixture.inFolder { folder in
            let ours = try RecordingServer(answer)
            let theirs = try RecordingServer(answer)
            defer {
                ours.stop()
                theirs.stop()
            }
            let (imported, _) = try make("127.0.0.1:\(ours.port)", folder)
            let (_, script) = try make("127.0.0.1:\(theirs.port)", folder)
            let experiment = try Fixture.experiment(of: imported, in: folder)
            let failures = try await Fixture.run(experiment, port: ours.port)
            #expect(failures == [])
            try await Fixture.bash(script, in: folder)
            let sent = ours.requests.map(Sent.init)
            let replayed = theirs.requests.filter { !isLeftOut($0) }.map(Sent.init)
            #expect(sent.count == imported.taskCount)
            for (one, other) in zip(sent, replayed) { #expect(one == other) }
            #expect(sent.count == replayed.count, "\(sent) against \(replayed)")
        }
    }
}
