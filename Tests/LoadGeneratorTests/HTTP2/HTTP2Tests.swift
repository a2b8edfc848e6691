import Foundation
import LoadGenerator
import Model
import TestSupport
import Testing

/// Loads over HTTP/2 without TLS, against a server whose frames are written by hand.
@Suite(.timed, .timeLimit(.minutes(5))) struct HTTP2Tests {
    private static let list = "[{\"user_id\":1}]"

    private func load(
        _ tasks: [LoadTask]? = nil, streams: Int = 1, timeout: Seconds = 5, requests: Int? = nil,
        connections: ConnectionUse = .keepAlive
    ) -> LoadDefinition {
        let report = LoadTask(
            name: "report", weight: 1, method: .get, path: "/report?a=1",
            headers: [
                HeaderTemplate(name: "X-Trace", pieces: [.text("Aa")]),
                HeaderTemplate(name: "Keep-Alive", pieces: [.text("5")]),
            ],
            expect: .init(jsonKind: .list))
        return LoadDefinition(
            tasks: tasks ?? [report], thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]), timeout: timeout,
            connections: connections, requests: requests, streams: streams)
    }

    private func preflight(_ load: LoadDefinition, port: Int) async throws -> [FailureExample] {
        let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load)
        let failures = await generator.preflight().compactMap(\.failure)
        _ = await generator.stop()
        return failures
    }

    private func totals(
        _ load: LoadDefinition, _ server: HTTP2Server, port: Int, users: Int,
        until condition: (HTTP2Server.Seen) -> Bool
    ) async throws -> Totals {
        let totals = try await Totals.of(load, port: port, users: users) { _ in
            try? await server.until(condition)
            return []
        }
        totals.expectConsistent()
        return totals
    }

    // MARK: Requests and answers

    @Test(arguments: [(1, 4), (4, 1), (32, 1), (3, 2)])
    func usersShareConnections(streams: Int, connections: Int) async throws {
        let users = streams == 3 ? 4 : max(4, streams)
        try await HTTP2Server.with {
            [.send(Frames.answer($0.stream, Self.list))]
        } body: { server, port in
            #expect(try await preflight(load(streams: streams), port: port).map(\.detail) == [])
            let totals = try await totals(load(streams: streams), server, port: port, users: users) { $0.count > 2000 }
            #expect(totals.failures == [:])
            // One of both is that of the pre-flight check.
            #expect(totals.succeeded == server.seen.count - 1 && server.seen.connections == connections + 1)
            try await server.until { $0.goodbyes == connections }
            #expect(server.seen.goodbyes == connections)
            let request = try #require(server.seen.requests.last)
            #expect(request.fields[":method"] == "GET" && request.path == "/report?a=1")
            #expect(request.fields[":scheme"] == "http" && request.fields[":authority"] == "127.0.0.1:\(port)")
            #expect(request.fields["x-trace"] == "Aa")
            #expect(request.names.prefix(4).allSatisfy { $0.hasPrefix(":") })
            #expect(request.names.allSatisfy { $0 == $0.lowercased() })
            #expect(request.fields["host"] == nil && request.fields["keep-alive"] == nil)
        }
    }

    @Test func eachRequestMayHaveAConnectionOfItsOwn() async throws {
        try await HTTP2Server.with {
            [.send(Frames.answer($0.stream, Self.list))]
        } body: { server, port in
            let load = load(connections: .perRequest)
            let totals = try await totals(load, server, port: port, users: 2) { $0.count > 50 }
            #expect(totals.failures == [:])
            #expect(server.seen.connections >= server.seen.count)
            #expect(server.seen.requests.allSatisfy { $0.place == 1 && $0.fields["connection"] == nil })
        }
    }

    @Test func aRateIsSentAsAnyOther() async throws {
        try await HTTP2Server.with {
            [.send(Frames.answer($0.stream, Self.list))]
        } body: { server, port in
            var load = load(streams: 8)
            load.shape = .rate([], arrivals: .constant)
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load)
            let samples = generator.start()
            generator.setRate(300, over: 0)
            try await server.until { $0.count > 100 }
            let report = await generator.stop()
            var totals = Totals()
            for await sample in samples { totals.samples.append(sample) }
            #expect(totals.failures == [:] && totals.succeeded == server.seen.count && report.sent == totals.started)
        }
    }

    @Test(arguments: [
        ("{\"error\":\"no\"}", "200", FailureKind.check), ("[1,", "200", .check), ("", "200", .check),
        ("[]", "503", .status(503)),
    ])
    func wrongAnswersFail(body: String, status: String, kind: FailureKind) async throws {
        try await HTTP2Server.with {
            [.send(Frames.answer($0.stream, body, status: status))]
        } body: { server, port in
            #expect(try await preflight(load(), port: port).map(\.kind) == [kind])
            let totals = try await totals(load(streams: 3), server, port: port, users: 3) { $0.count > 50 }
            #expect(totals.failures == [kind: totals.started])
            let example = try #require(totals.examples.first)
            #expect(example.request == "GET /report?a=1")
            #expect(example.response.hasPrefix("HTTP/2 \(status)\ncontent-type: application/json\n\n\(body)"))
            #expect(server.seen.connections == 2)
        }
    }

    /// Head in several frames, an interim answer, a body in pieces, and fields after it.
    @Test func answersComeInManyFrames() async throws {
        let large = "[" + String(repeating: "1234567890,", count: 9000) + "1]"
        try await HTTP2Server.with { request in
            let bytes = Array(large.utf8)
            let pieces = stride(from: 0, to: bytes.count, by: 7000).map {
                Frames.data(request.stream, Array(bytes[$0..<min($0 + 7000, bytes.count)]), ends: false)
            }
            let fields = [(":status", "200"), ("x-long", String(repeating: "x", count: 300))]
            let bytesSent =
                Frames.headers(request.stream, [(":status", "103"), ("link", "</a>")])
                + Frames.headers(request.stream, fields, pieces: 4) + pieces.flatMap(\.self)
                + Frames.headers(request.stream, [("x-sum", "1")], ends: true)
            return [.send(bytesSent)]
        } body: { server, port in
            #expect(try await preflight(load(), port: port).map(\.detail) == [])
            let totals = try await totals(load(streams: 2), server, port: port, users: 2) { $0.count > 100 }
            #expect(totals.failures == [:])
        }
    }

    @Test func compressedAnswersAreDecoded() async throws {
        // {} in gzip.
        let body: [UInt8] = [
            0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xAB, 0xAE, 5, 0, 0x43, 0xBF, 0xA6, 0xA3, 2, 0, 0, 0,
        ]
        let task = LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: .init(jsonKind: .object))
        try await HTTP2Server.with { request in
            let fields = [(":status", "200"), ("content-encoding", "gzip"), ("content-length", "22")]
            return [.send(Frames.headers(request.stream, fields) + Frames.data(request.stream, body))]
        } body: { server, port in
            let totals = try await totals(load([task]), server, port: port, users: 2) { $0.count > 50 }
            #expect(totals.failures == [:])
            let compressed = totals.samples.flatMap(\.tasks).compactMap(\.compressed)
            #expect(compressed.reduce(0) { $0 + $1.answers } == totals.succeeded)
        }
    }

    @Test func cookiesAreKeptAndRedirectsFollowed() async throws {
        let task = LoadTask(name: "t", weight: 1, method: .post, path: "/login", expect: .init(), follow: 3)
        try await HTTP2Server.with { request in
            if request.path == "/login" {
                let fields = [("set-cookie", "id=7; Path=/"), ("location", "/home")]
                return [.send(Frames.answer(request.stream, "", status: "302", fields))]
            }
            let isKnown = request.fields["cookie"] == "id=7" && request.fields[":method"] == "GET"
            return [.send(Frames.answer(request.stream, isKnown ? "{}" : "", status: isKnown ? "200" : "403"))]
        } body: { server, port in
            #expect(try await preflight(load([task]), port: port).map(\.detail) == [])
            let totals = try await totals(load([task], streams: 2), server, port: port, users: 2) { $0.count > 50 }
            #expect(totals.failures == [:])
            #expect(totals.samples.flatMap(\.tasks).reduce(0) { $0 + ($1.hops ?? 0) } == totals.succeeded)
        }
    }

    // MARK: Bodies

    private func upload(_ pieces: [BodyTemplate.Piece], headers: [HeaderTemplate] = [], expect: Check = .init())
        -> LoadTask
    {
        LoadTask(
            name: "upload", weight: 1, method: .post, path: "/upload", headers: headers,
            bodies: [BodyTemplate(share: 1, pieces: pieces)], expect: expect)
    }

    /// Ten bytes at a time are all that the server takes.
    @Test func bodiesWaitForTheWindow() async throws {
        let text = String(repeating: "abcdefghijk", count: 100)
        let manners = HTTP2Server.Manners(settings: [Frames.Setting.window: 10])
        try await HTTP2Server.with(manners) {
            [.send(Frames.answer($0.stream, "{}"))]
        } body: { server, port in
            let load = load([upload([.text(text)])], streams: 4)
            #expect(try await preflight(load, port: port).map(\.detail) == [])
            let totals = try await totals(load, server, port: port, users: 4) { $0.count > 40 }
            #expect(totals.failures == [:])
            #expect(server.seen.requests.allSatisfy { $0.body == Array(text.utf8) })
            #expect(server.seen.requests.allSatisfy { $0.fields["content-length"] == "1100" })
        }
    }

    @Test func filesAreStreamed() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "storelab-\(UUID().uuidString)")
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let body: [BodyTemplate.Piece] = [
            .text("<"), .file(BodyFileReference(name: "f", path: file.path)), .text(">"),
        ]
        try await HTTP2Server.with {
            [.send(Frames.answer($0.stream, "{}"))]
        } body: { server, port in
            let load = load([upload(body)], streams: 3)
            #expect(try await preflight(load, port: port).map(\.detail) == [])
            let totals = try await totals(load, server, port: port, users: 3) { $0.count > 20 }
            #expect(totals.failures == [:])
            let whole = Array("<".utf8) + bytes + Array(">".utf8)
            #expect(server.seen.requests.allSatisfy { $0.body == whole })
        }
    }

    /// The server answers at once and never opens its window: the rest of the body is given up, the connection is not.
    @Test func anAnswerBeforeTheBodyLeavesTheConnectionInOrder() async throws {
        var manners = HTTP2Server.Manners(settings: [Frames.Setting.window: 5])
        (manners.opensWindows, manners.answersHeads) = (false, true)
        try await HTTP2Server.with(manners) {
            [.send(Frames.answer($0.stream, "{}", status: "413"))]
        } body: {
            server, port in
            let load = load([upload([.text("far too long")], expect: .init(status: 413))])
            let totals = try await totals(load, server, port: port, users: 1) { $0.count > 20 }
            #expect(totals.failures == [:])
            #expect(server.seen.connections == 1)
            #expect(server.seen.resets.count >= 19 && server.seen.resets.allSatisfy { $0 == 0 })
        }
    }

    @Test(arguments: [true, false])
    func aBodyWaitsForTheServersWord(continues: Bool) async throws {
        let manners = HTTP2Server.Manners(continues: continues)
        let expectation = HeaderTemplate(name: "Expect", pieces: [.text("100-continue")])
        try await HTTP2Server.with(manners) {
            [.send(Frames.answer($0.stream, "{}"))]
        } body: { server, port in
            // Where the server says nothing, the body goes out after a second.
            let load = load([upload([.text("body")], headers: [expectation])], requests: 2)
            let totals = try await totals(load, server, port: port, users: 2) { $0.count >= 2 }
            #expect(totals.failures == [:])
            #expect(server.seen.requests.allSatisfy { $0.body == Array("body".utf8) })
        }
    }

    // MARK: Trouble

    @Test func whatTheServerLeavesOutIsSentAgain() async throws {
        // Of ten requests the last two are left out, with a body too: nobody has looked at them.
        try await HTTP2Server.with { request in
            switch request.place {
            case ..<9: return [.send(Frames.answer(request.stream, "{}"))]
            case 9: return [.send(Frames.goAway(last: request.stream - 2))]
            default: return []
            }
        } body: { server, port in
            let load = load([upload([.text("order")])], streams: 2)
            let totals = try await totals(load, server, port: port, users: 2) { $0.connections > 20 }
            #expect(totals.failures == [:])
            let reconnects = totals.samples.flatMap(\.tasks).reduce(0) { $0 + ($1.reconnects ?? 0) }
            #expect(reconnects >= 20)
            let answered = server.seen.requests.filter { $0.place < 9 }.count
            #expect(server.seen.count < 2000 && totals.succeeded == answered)
        }
    }

    @Test func whatTheServerStillAnswersIsNotSentAgain() async throws {
        // Says good-bye before each tenth answer, which it gives all the same.
        try await HTTP2Server.with { request in
            let bye = request.place == 10 ? Frames.goAway(last: request.stream) : []
            return request.place > 10 ? [] : [.send(bye + Frames.answer(request.stream, "{}"))]
        } body: { server, port in
            let load = load([upload([.text("order")])], streams: 1)
            let totals = try await totals(load, server, port: port, users: 1) { $0.connections > 20 }
            #expect(totals.failures == [:])
            #expect(totals.succeeded == server.seen.count)
        }
    }

    @Test func aServerThatAlwaysGoesAwayIsAFailure() async throws {
        try await HTTP2Server.with { _ in
            [.send(Frames.goAway(last: 0))]
        } body: { server, port in
            let totals = try await totals(load(), server, port: port, users: 1) { $0.count >= 20 }
            #expect(totals.failures == [.reset: totals.started])
            #expect(totals.examples.first?.detail == "10 connections ended (GOAWAY) before the server took the request")
            #expect(try await preflight(load(), port: port).map(\.kind) == [.reset])
        }
    }

    @Test func aResetStreamFailsAlone() async throws {
        try await HTTP2Server.with { request in
            [
                .send(
                    request.number % 2 == 0
                        ? Frames.answer(request.stream, Self.list) : Frames.reset(request.stream, code: 2))
            ]
        } body: { server, port in
            #expect(try await preflight(load(), port: port).map(\.kind) == [.stream])
            let totals = try await totals(load(streams: 8), server, port: port, users: 8) { $0.count > 200 }
            #expect(Set(totals.failures.keys) == [.stream] && totals.succeeded > 0)
            #expect(totals.examples.first?.detail == "the server reset the stream: INTERNAL_ERROR (2)")
            #expect(server.seen.connections == 2)
        }
    }

    /// As many connections as are needed, and never more at a time than the server takes.
    @Test(arguments: [1, 3])
    func aServerThatTakesFewGetsMoreConnections(most: Int) async throws {
        let manners = HTTP2Server.Manners(settings: [Frames.Setting.mostStreams: UInt32(most)])
        try await HTTP2Server.with(manners) {
            [.send(Frames.answer($0.stream, Self.list))]
        } body: { server, port in
            let totals = try await totals(load(streams: 32), server, port: port, users: 12) { $0.count > 500 }
            #expect(totals.failures == [:])
            #expect(server.seen.connections == 12 / most && server.seen.mostAtOnce <= most)
        }
    }

    @Test func pingsAreAnswered() async throws {
        let ping = Frames.frame(.ping, [1, 2, 3, 4, 5, 6, 7, 8])
        try await HTTP2Server.with {
            [.send(ping + Frames.answer($0.stream, Self.list))]
        } body: { server, port in
            let totals = try await totals(load(), server, port: port, users: 1) { $0.pongs > 20 }
            #expect(totals.failures == [:] && server.seen.pongs > 20)
        }
    }

    @Test func aServerOfHTTP1IsAPlainFailure() async throws {
        // Some servers have no status line for those whose version they do not know.
        for text in ["HTTP/1.1 400 Bad Request", "<!DOCTYPE HTML>"] {
            try await plainFailure(text)
        }
    }

    private func plainFailure(_ line: String) async throws {
        try await TestServer.with(.answer(line + "\r\nContent-Length: 0\r\n\r\n")) { _, port in
            let failure = try #require(try await preflight(load(), port: port).first)
            #expect(failure.kind == .malformed)
            #expect(failure.detail == "the server does not speak HTTP/2; it answered \(line)")
            let totals = try await Totals.of(load(streams: 2), port: port, users: 2) { samples in
                for await sample in samples { return [sample] }
                return []
            }
            totals.expectConsistent()
            #expect(totals.failures == [.malformed: totals.started] && totals.started > 0)
            #expect(totals.examples.first?.detail == failure.detail)
        }
    }

    @Test func nothingListens() async throws {
        let port = try await TestServer.deadPort()
        #expect(try await preflight(load(), port: port).map(\.kind) == [.refused])
        let totals = try await Totals.of(load(streams: 3), port: port, users: 3) { samples in
            for await sample in samples { return [sample] }
            return []
        }
        totals.expectConsistent()
        #expect(totals.failures == [.refused: totals.started] && totals.started > 0)
    }

    @Test func aClosedConnectionFailsAllOfItsRequests() async throws {
        try await HTTP2Server.with { request in
            request.place < 4 ? [.send(Frames.headers(request.stream, [(":status", "200")]))] : [.close]
        } body: { server, port in
            let load = load(streams: 4, timeout: 1)
            let totals = try await totals(load, server, port: port, users: 4) { $0.connections > 3 }
            // Those that are alone at the end wait for the rest in vain.
            #expect(totals.succeeded == 0 && totals.failures[.reset] ?? 0 >= 12)
        }
    }

    @Test(arguments: [
        // Less than the length that it announced.
        Frames.headers(1, [(":status", "200"), ("content-length", "9")]) + Frames.data(1, [0x5B, 0x5D]),
        // No status.
        Frames.headers(1, [("content-type", "a/b")], ends: true),
        // A field of another protocol.
        Frames.headers(1, [(":status", "200"), ("transfer-encoding", "chunked")], ends: true),
        // DATA before HEADERS, on a stream that nobody opened, and a frame that is too long.
        Frames.data(1, [0x5B, 0x5D]), Frames.data(77, [0x5B]), [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1],
        // A header block that is none.
        Frames.frame(.headers, flags: Frames.endHeaders, stream: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
    ])
    func whatBreaksTheRulesIsMalformed(bytes: [UInt8]) async throws {
        try await HTTP2Server.with { _ in
            [.send(bytes)]
        } body: { server, port in
            #expect(try await preflight(load(), port: port).map(\.kind) == [.malformed])
            let totals = try await totals(load(requests: 3), server, port: port, users: 1) { $0.count >= 2 }
            #expect(totals.succeeded == 0 && totals.failures[.malformed] ?? 0 > 0)
        }
    }

    /// Nothing comes on a connection any more: the next request takes another one.
    @Test func aSilentConnectionIsLeft() async throws {
        try await HTTP2Server.with {
            $0.place < 5 ? [.send(Frames.answer($0.stream, Self.list))] : []
        } body: {
            server, port in
            let load = load(streams: 2, timeout: 0.2)
            let totals = try await totals(load, server, port: port, users: 2) { $0.connections > 3 }
            #expect(Set(totals.failures.keys) == [.timeout] && totals.succeeded > 4)
        }
    }
}
