import Glibc
import LoadGenerator
import Model
import TestSupport
import Testing

/// What becomes of a connection that ends, or is answered, at a bad moment; and to which address it goes.
@Suite(.timed, .timeLimit(.minutes(5))) struct ConnectionTests {
    private static let fine = TestServer.json("{}")

    private func load(_ task: LoadTask) -> LoadDefinition {
        LoadDefinition(tasks: [task], thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]))
    }

    private func post(_ body: String, status: Int = 200) -> LoadTask {
        LoadTask(
            name: "up", weight: 1, method: .post, path: "/up",
            headers: [HeaderTemplate(name: "Content-Type", pieces: [.text("text/plain")])],
            bodies: [BodyTemplate(share: 1, pieces: [.text(body)])], expect: .init(status: status))
    }

    @Test func anAnswerBeforeTheBodyEndsTheConnection() async throws {
        let answer = TestServer.json("{}", status: "413 Content Too Large")
        let body = String(repeating: "POST /up HTTP/1.1\r\n", count: 800_000)
        try await TestServer.with(.beforeBody(answer)) { server, port in
            let endpoint = Endpoint(host: "127.0.0.1", port: port)
            let generator = try LoadGenerator(endpoint: endpoint, load: load(post(body, status: 413)))
            #expect(await generator.preflight().compactMap { $0.failure?.detail } == [])
            _ = await generator.stop()
            let totals = try await Totals.of(load(post(body, status: 413)), port: port, users: 2) { _ in
                await server.requests(8)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failures == [:])
            #expect(server.seen.connections == server.seen.count)
        }
    }

    @Test func aRequestThatNobodySawIsSentAgainAndCounted() async throws {
        // The server closes without a word after each answer, often before the next request comes. Many users, since one who
        // fails waits before going on.
        try await TestServer.with(.answerAndClose(Self.fine)) { server, port in
            let totals = try await Totals.of(load(post("{}")), port: port, users: 20) { _ in
                await server.requests(300)
                return []
            }
            totals.expectConsistent()
            let reconnects = totals.samples.flatMap(\.tasks).reduce(0) { $0 + ($1.reconnects ?? 0) }
            #expect(reconnects > 0)
            #expect(totals.failures.keys.allSatisfy { $0 == .reset })
            // What failed may have been read or not; what was sent again was not.
            #expect(server.seen.count >= totals.succeeded && server.seen.count <= totals.started)
        }
    }

    @Test(arguments: ["::1", "127.0.0.1"])
    func everyAddressOfANameIsTried(host: String) async throws {
        guard host != "::1" || Self.hasIPv6 else { return }
        try await TestServer.with(.answer(Self.fine), host: host) { server, port in
            let task = LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: .init())
            let generator = try LoadGenerator(endpoint: .init(host: "localhost", port: port), load: load(task))
            #expect(await generator.preflight().compactMap { $0.failure?.detail } == [])
            let report = await generator.stop()
            #expect(report.address == (host == "::1" ? "[::1]:\(port)" : "127.0.0.1:\(port)"))
            #expect(server.seen.requests.first?.contains("\r\nHost: localhost:\(port)\r\n") == true)
        }
    }

    @Test func oneAddressNeedsNoWord() async throws {
        try await TestServer.with(.answer(Self.fine)) { server, port in
            let task = LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: .init())
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load(task))
            #expect(await generator.stop().address == nil)
            #expect(server.seen.connections == 0)
        }
    }

    private static let hasIPv6: Bool = {
        let descriptor = socket(AF_INET6, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
            }
        }
    }()
}
