import Foundation
import LoadGenerator
import Model
import TestSupport
import Testing

/// Loads through a proxy, and with a certificate of the client.
@Suite(.timed, .onServers, .timeLimit(.minutes(5))) struct ProxyTests {
    private static let authorization = "Basic YW5uOng="

    private func load(_ check: Check, headers: [HeaderTemplate] = [], path: String = "/") -> LoadDefinition {
        let task = LoadTask(name: "t", weight: 1, method: .get, path: path, headers: headers, expect: check)
        return LoadDefinition(
            tasks: [task], thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]), connections: .perRequest)
    }

    /// Runs until some requests have ended, or three seconds are over.
    private func run(_ load: LoadDefinition, _ target: Endpoint) async throws -> (Totals, [FailureExample]) {
        let generator = try LoadGenerator(endpoint: target, load: load, options: .init(threads: 1))
        let failures = await generator.preflight().compactMap(\.failure)
        let samples = generator.start()
        generator.setUsers(3, ratePerSecond: .infinity)
        var totals = Totals()
        for await sample in samples {
            totals.samples.append(sample)
            if totals.succeeded + totals.failed >= 10 || totals.samples.count == 3 {
                totals.report = await generator.stop()
            }
        }
        totals.examples = generator.failureExamples
        totals.expectConsistent()
        return (totals, failures)
    }

    @Test func aProxyReadsPlainRequests() async throws {
        try await TestServer.with(.answer(TestServer.json("{}"))) { server, port in
            let proxy = ForwardProxy(
                address: HostAndPort(host: "127.0.0.1", port: port), authorization: Self.authorization)
            let target = Endpoint(host: "shop.example", port: 81, proxy: proxy)
            let (totals, preflight) = try await run(load(Check(), path: "/a?b=c"), target)
            #expect(preflight.isEmpty && totals.failures == [:] && totals.succeeded > 0)
            for request in server.seen.requests {
                let line = "GET http://shop.example:81/a?b=c HTTP/1.1\r\n"
                #expect(
                    request.hasPrefix("\(line)Proxy-Authorization: \(Self.authorization)\r\nHost: shop.example:81\r\n"))
            }
            #expect(server.seen.requests.count > 3)
        }
    }

    @Test(
        .enabled(if: SecureServer.isInstalled && TunnelProxy.isInstalled, "nginx, openssl or python3 is not installed"),
        arguments: [nil, 2])
    func aTunnelLeadsToASecuredServer(streams: Int?) async throws {
        try await SecureServer.with { server in
            try await TunnelProxy.with(in: server.folder) { proxy in
                let port = streams == nil ? server.port : server.http2Port
                var target = Endpoint(
                    host: "localhost", port: port, trust: .file(server.certificate),
                    shortcut: HostAndPort(host: "127.0.0.1", port: port),
                    proxy: ForwardProxy(
                        address: HostAndPort(host: "127.0.0.1", port: proxy), authorization: Self.authorization))
                var load = load(Check(jsonKind: .list))
                load.streams = streams
                if streams != nil { load.connections = .keepAlive }
                let (totals, preflight) = try await run(load, target)
                #expect(preflight.map(\.detail) == [] && totals.failures == [:] && totals.succeeded > 0)

                // In the open, HTTP/2 goes through a tunnel as well.
                if streams != nil {
                    target.trust = nil
                    target.shortcut?.port = server.plainHTTP2Port
                    let (totals, _) = try await run(load, target)
                    #expect(totals.failures == [:] && totals.succeeded > 0)
                }
                target.proxy?.authorization = nil
                let (refused, _) = try await run(load, target)
                #expect(refused.succeeded == 0 && refused.failures.keys.map(\.self) == [.connect])
                #expect(
                    refused.examples.first?.detail
                        == "the proxy makes no connection to the target: it answered HTTP/1.1 407 Who Asks")
            }
        }
    }

    @Test(.enabled(if: SecureServer.isInstalled, "nginx or openssl is not installed"))
    func aServerLearnsWhoAsks() async throws {
        try await SecureServer.with { server in
            let path = try #require(JSONPath(rawValue: "$[0]"))
            let check = Check(equals: [ExpectedValue(path: path, value: .string("CN=localhost"))])
            var target = Endpoint(host: "localhost", port: server.strictPort, trust: .file(server.certificate))
            let (refused, _) = try await run(load(check), target)
            #expect(refused.succeeded == 0)
            target.identity = ClientIdentity(
                certificate: server.certificate, key: server.folder.appending(path: "key.pem").path)
            let (totals, preflight) = try await run(load(check), target)
            #expect(preflight.map(\.detail) == [] && totals.failures == [:] && totals.succeeded > 0)
            target.identity = ClientIdentity(certificate: server.certificate)
            #expect(throws: Problem.self) { try LoadGenerator(endpoint: target, load: load(check)) }
        }
    }

    /// A server of many names chooses its certificate by the one, and its pages by the other.
    @Test(.enabled(if: SecureServer.isInstalled, "nginx or openssl is not installed"))
    func theNameOfTheHandshakeIsThatOfTheURL() async throws {
        try await SecureServer.with { server in
            let names = try ["$[0]": "localhost", "$[1]": "shop.example"].map { path, name in
                ExpectedValue(path: try #require(JSONPath(rawValue: path)), value: .string(name))
            }
            let load = load(
                Check(equals: names), headers: [HeaderTemplate(name: "Host", pieces: [.text("shop.example")])],
                path: "/names")
            let target = Endpoint(
                host: "localhost", port: 443, trust: .file(server.certificate),
                shortcut: HostAndPort(host: "127.0.0.1", port: server.port))
            let (totals, preflight) = try await run(load, target)
            #expect(preflight.map(\.detail) == [] && totals.failures == [:] && totals.succeeded > 0)
        }
    }
}

/// A proxy that makes tunnels for who gives the password `x` of `ann`.
enum TunnelProxy {
    private static let python = "/usr/bin/python3"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: python)

    private static let program = """
        import os, socket, sys, threading
        def pump(a, b):
            try:
                while data := a.recv(65536):
                    b.sendall(data)
            except OSError:
                pass
            for end in (a, b):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        def serve(client):
            head = b""
            while b"\\r\\n\\r\\n" not in head:
                byte = client.recv(1)
                if not byte:
                    return
                head += byte
            method, place, _ = head.split(b" ", 2)
            if method != b"CONNECT" or b"Proxy-Authorization: Basic YW5uOng=\\r\\n" not in head:
                client.sendall(b"HTTP/1.1 407 Who Asks\\r\\nContent-Length: 0\\r\\n\\r\\n")
                return client.close()
            host, port = place.decode().rsplit(":", 1)
            server = socket.create_connection((host, int(port)))
            # The head of the answer comes in pieces.
            client.sendall(b"HTTP/1.1 200 Here\\r\\nX-A: b\\r")
            client.sendall(b"\\n\\r\\n")
            threading.Thread(target=pump, args=(server, client), daemon=True).start()
            pump(client, server)
        listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        with open(sys.argv[1] + ".new", "w") as file:
            file.write(str(listener.getsockname()[1]))
        os.rename(sys.argv[1] + ".new", sys.argv[1])
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    /// - Parameter body: gets the proxy's port.
    static func with(in folder: URL, _ body: (Int) async throws -> Void) async throws {
        let place = folder.appending(path: "proxy-port").path
        let process = try SecureServer.start([python, "-c", program, place])
        defer {
            kill(process, SIGKILL)
            _ = SecureServer.end(of: process)
        }
        for _ in 0..<500 {
            if let port = (try? String(contentsOfFile: place, encoding: .utf8)).flatMap({ Int($0) }) {
                return try await body(port)
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("the proxy does not start")
    }
}
