import Commands
import Foundation
import Model
import TestSupport
import Testing

/// The options of `load` that curl, hey and oha have too.
@Suite(.timed) struct RequestOptionsTests {
    private static func setup(_ arguments: String...) throws -> LoadSetup {
        try LoadSetup(arguments: ["http://127.0.0.1:8080/a"] + arguments)
    }

    private static func text(_ pieces: [BodyTemplate.Piece]) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .file(let file): "<\(file.name)>"
            default: "?"
            }
        }.joined()
    }

    @Test func methodHeadersAndDataAreThoseOfCurl() throws {
        let task = try Self.setup(
            "-X", "PATCH", "-H", "Content-Type: application/json", "-H", "X-A:b: c", "-d", "{\"a\":1}",
            "--expect-status",
            "201,3xx"
        ).load.tasks[0]
        #expect(task.method == .patch && task.path == "/a" && Self.text(task.bodies[0].pieces) == "{\"a\":1}")
        #expect(task.headers.map(\.name) == ["Content-Type", "X-A"] && task.headers[1].pieces == [.text("b: c")])
        #expect(task.expect == Check(status: 201, otherStatuses: [201...201, 300...399]))
        let form = try Self.setup("-d", "a=1", "--data", "b=2").load.tasks[0]
        #expect(form.method == .post && Self.text(form.bodies[0].pieces) == "a=1&b=2")
        #expect(form.headers.map(\.pieces) == [[.text("application/x-www-form-urlencoded")]])
    }

    @Test func filesAreBodiesAndParts() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "storelab-\(UUID().uuidString).png").path
        try Data([0xFF]).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(Self.text(try Self.setup("-d", "@\(file)").load.tasks[0].bodies[0].pieces) == "<\(file)>")
        let task = try Self.setup("-F", "a=b", "--form", "f=@\(file);type=image/png;filename=x.png").load.tasks[0]
        let body = Self.text(task.bodies[0].pieces)
        #expect(body.contains("name=\"a\"\r\n\r\nb\r\n") && body.contains("name=\"f\"; filename=\"x.png\"\r\n"))
        #expect(body.contains("Content-Type: image/png\r\n\r\n<\(file)>\r\n"))
        #expect(throws: Problem.self) { try Self.setup("-d", "@/nowhere") }
        // A semicolon may be the value's own.
        let typed = try Self.setup("-F", "j={\"a\";1};type=application/json", "-F", "k=b;c").load.tasks[0]
        let parts = Self.text(typed.bodies[0].pieces)
        #expect(parts.contains("name=\"j\"\r\nContent-Type: application/json\r\n\r\n{\"a\";1}\r\n"))
        #expect(parts.contains("name=\"k\"\r\n\r\nb;c\r\n"))
    }

    @Test func whoAsksAndWhereTo() throws {
        let setup = try Self.setup(
            "-u", "ann:x", "--resolve", "127.0.0.1:8080:[::1]", "--connect-timeout", "200ms", "--disable-keepalive",
            "-n",
            "50", "-c", "5", "-L", "--compressed", "--cookies", "--output-format", "json")
        #expect(setup.load.tasks[0].headers.map(\.name) == ["Authorization", "Accept-Encoding"])
        #expect(setup.load.tasks[0].headers[0].pieces == [.text("Basic YW5uOng=")])
        #expect(setup.endpoint.shortcut == HostAndPort(host: "::1", port: 8080))
        #expect(setup.load.connectTimeout == 0.2 && setup.load.connections == .perRequest && setup.load.requests == 50)
        #expect(setup.load.tasks[0].follow == 20 && setup.load.cookies == true)
        guard case .ramp(let stages) = setup.load.shape else { throw Problem(.usage, "no ramp") }
        #expect(stages.map(\.users) == [5])
        #expect(try Self.setup("--unix-socket", "/s").endpoint.unixSocket == "/s")
        // A name that is led to this machine is this machine.
        let named = try LoadSetup(arguments: ["http://shop.example/", "--resolve", "shop.example:80:127.0.0.1"])
        #expect(named.endpoint.authority == "shop.example" && named.endpoint.shortcut?.host == "127.0.0.1")
        #expect(throws: Problem.self) { try Self.setup("--resolve", "127.0.0.1:8080:10.0.0.1") }
    }

    @Test func theWayThere() throws {
        let secure = try LoadSetup(
            arguments: [
                "https://shop.example/", "-x", "http://ann:x@127.0.0.1:3128", "--cert", "/c.pem", "--key", "/k.pem",
                "--connect-to", "other.example::10.0.0.1:", "--connect-to", ":443:[::1]:8443",
            ])
        let proxy = ForwardProxy(
            address: HostAndPort(host: "127.0.0.1", port: 3128), authorization: "Basic YW5uOng=")
        #expect(secure.endpoint.proxy == proxy)
        #expect(secure.endpoint.identity == ClientIdentity(certificate: "/c.pem", key: "/k.pem"))
        #expect(secure.endpoint.shortcut == HostAndPort(host: "::1", port: 8443))
        #expect(secure.endpoint.authority == "shop.example")
        let plain = try Self.setup("--proxy", "localhost", "-U", "ann:x")
        #expect(plain.endpoint.proxy?.address == HostAndPort(host: "localhost", port: 1080))
        #expect(plain.endpoint.proxy?.authorization == "Basic YW5uOng=")
        // A proxy elsewhere is not this machine.
        #expect(throws: Problem.self) { try Self.setup("-x", "10.0.0.1:3128") }
        #expect(throws: Problem.self) { try Self.setup("--connect-to", "::10.0.0.1:80") }
    }

    @Test(arguments: [
        ["--proxy", "socks5://127.0.0.1:1"], ["--proxy", "127.0.0.1", "--unix-socket", "/s"], ["--proxy-user", "a:b"],
        ["--cert", "/c.pem"], ["--key", "/k.pem"], ["--connect-to", "a:1:b"], ["--connect-to", ":::x"],
        ["-d", "a", "-F", "b=c"], ["-X", "HEAD", "-d", "a"], ["-H", "none"], ["-H", "Content-Length: 3"], ["-F", "x"],
        ["-n", "0"], ["-n", "5", "--rate", "5/s"], ["-X", "A B"], ["--resolve", "a:b"], ["--follow", "21"],
        ["--expect-status", "6xx"],
    ])
    func wrongOptionsAreRefused(arguments: [String]) {
        #expect(throws: (any Error).self) { try LoadSetup(arguments: ["http://127.0.0.1:8080/a"] + arguments) }
    }

    /// Users, and how many of them share a connection.
    @Test(arguments: [
        ([], 10, nil), (["--http2"], 10, 1), (["--http2", "-c", "4", "--streams", "32"], 128, 32),
        (["--http2", "--users", "100", "--max-concurrent-streams", "10"], 100, 10),
    ])
    func http2HasStreams(arguments: [String], users: Int, streams: Int?) throws {
        let load = try LoadSetup(arguments: ["http://127.0.0.1:8080/a"] + arguments).load
        #expect(load.streams == streams && load.shape.mostUsers(sessions: 1) == users)
    }

    @Test(arguments: [
        ["--streams", "4"], ["--http2", "--streams", "0"], ["--http2", "--streams", "2", "--disable-keepalive"],
        ["--http2", "-c", "100000", "--streams", "1000"],
    ])
    func streamsThatCannotBeAreRefused(arguments: [String]) {
        #expect(throws: Problem.self) { try LoadSetup(arguments: ["http://127.0.0.1:8080/a"] + arguments) }
    }
}
