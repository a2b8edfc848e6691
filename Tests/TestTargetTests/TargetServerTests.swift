import NIOCore
import NIOPosix
import TestSupport
import TestTarget
import Testing
import Threads

/// What a client sees of the server.
@Suite(.timed) struct TargetServerTests {
    /// Sends bytes on a connection of its own and collects what comes until the connection ends or `enough` says so.
    private static func answer(
        to request: String, port: Int, until enough: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.any().makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(promise: promise, enough: enough))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(string: request))
        let answer = try await promise.futureResult.get()
        try? await channel.close()
        return answer
    }

    private static func get(_ path: String, _ port: Int, end: String = #"{"ok":true}"#) async throws -> String {
        try await answer(to: "GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n", port: port) { $0.hasSuffix(end) }
    }

    @Test func answersComeInTheirForms() async throws {
        try await TargetServer.with { (server, port) async throws in
            #expect(try await Self.get("/ok", port).hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(try await Self.get("/slow?ms=0", port).hasSuffix(#"{"ok":true}"#))
            #expect(try await Self.get("/informational", port).hasPrefix("HTTP/1.1 100 "))
            #expect(try await Self.get("/chunked", port, end: "0\r\n\r\n").contains("Transfer-Encoding: chunked"))
            #expect(try await Self.get("/status?code=503", port, end: "}").hasPrefix("HTTP/1.1 503 "))
            #expect(try await Self.get("/unknown", port, end: "}").hasPrefix("HTTP/1.1 404 "))
            #expect(try await Self.get("/until-close", port, end: "never").hasSuffix(#"{"ok":true}"#))
            #expect(try await Self.get("/half-close", port, end: "never").contains("Content-Length: 100"))
            #expect(try await Self.get("/close", port) == "")
            #expect(try await Self.get("/reset", port) == "reset")
            #expect(server.requestCount == 10)
        }
    }

    @Test func itTellsHowLongAnswersWereHeld() async throws {
        try await TargetServer.with { (_, port) async throws in
            for _ in 0..<3 { _ = try await Self.get("/fixed?ms=5", port) }
            _ = try await Self.get("/ok", port)
            let answer = try await Self.get("/held", port, end: "}}")
            #expect(answer.contains(#"{"/fixed?ms=5":{"requests":3,"p50":"#) && !answer.contains("/ok"))
            let shortest = answer.split(separator: #""p50":"#).last?.prefix { $0.isNumber || $0 == "." }
            #expect(shortest.flatMap { Double($0) }.map { $0 >= 5 } == true)
        }
    }

    @Test func requestsThatComeTogetherAreAnsweredInOrder() async throws {
        try await TargetServer.with { (_, port) async throws in
            let late = "GET /fixed?ms=5 HTTP/1.1\r\n\r\n"
            let posted = "POST /status?code=404 HTTP/1.1\r\nContent-Length: 12\r\n\r\nHello\r\n\r\nGET"
            let answer = try await Self.answer(to: late + posted + late, port: port) {
                $0.ranges(of: "HTTP/1.1 ").count == 3 && $0.hasSuffix(#"{"ok":true}"#)
            }
            let codes = answer.ranges(of: "HTTP/1.1 ").map { answer[$0.upperBound...].prefix(3) }
            #expect(codes == ["200", "404", "200"])
        }
    }

    /// Whether nothing listens. For a moment a thread that takes a table of its own has a copy of what another closed.
    private static func refuses(_ port: Int) async -> Bool {
        for _ in 0..<100 {
            do {
                guard try await get("/ok", port) == "reset" else { return false }
            } catch {
                return true
            }
        }
        return false
    }

    @Test func aServerThatDiesAnswersNobodyAnyMore() async throws {
        try await TargetServer.with { (_, port) async throws in
            #expect(try await Self.get("/die?connections=1", port).hasSuffix(#"{"ok":true}"#))
            #expect(try await Self.get("/die?connections=0", port) == "reset")
            #expect(await Self.refuses(port))
        }
    }

    /// Opens that many connections, one after the other, has one request of each answered, and keeps them open.
    private static func connections(_ count: Int, _ path: String, _ port: Int) async throws -> [Kept] {
        var all: [Kept] = []
        for _ in 0..<count {
            let group = MultiThreadedEventLoopGroup.singleton
            let promise = group.any().makePromise(of: String.self)
            let channel = try await ClientBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            Collector(promise: promise) { $0.contains("\r\n\r\n{") })
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
            try await channel.writeAndFlush(ByteBuffer(string: "GET \(path) HTTP/1.1\r\n\r\n"))
            all.append(Kept(channel: channel, answer: try await promise.futureResult.get()))
        }
        return all
    }

    private struct Kept {
        var channel: any Channel
        var answer: String
    }

    @Test(.enabled(if: DescriptorTable.canSeparate))
    func whatOneTableCannotHoldIsServedFromOthersAsByOneServer() async throws {
        try await TargetServer.with(room: 40) { (server, port) async throws in
            let kept = try await Self.connections(100, "/status?code=503&share=0.5", port)
            #expect(server.openConnections == 100)
            #expect(server.tableCount == 3)
            // The share is one of the whole server, not of each thread.
            #expect(kept.count { $0.answer.hasPrefix("HTTP/1.1 503") } == 50)
            #expect(server.requestCount == 100)
            for connection in kept { try await connection.channel.close() }
            // The server hears of it a moment later.
            let deadline = ContinuousClock.now + .seconds(60)
            while server.openConnections > 0, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(1))
            }
            // What has become free is taken again.
            let again = try await Self.connections(60, "/ok", port)
            #expect(again.allSatisfy { $0.answer.hasPrefix("HTTP/1.1 200") })
            #expect(server.tableCount == 3)
        }
    }

    @Test(.enabled(if: DescriptorTable.canSeparate))
    func aServerOfSeveralTablesDiesAsAWhole() async throws {
        try await TargetServer.with(room: 10) { (_, port) async throws in
            let kept = try await Self.connections(30, "/ok", port)
            #expect(try await Self.get("/die?connections=0", port) == "reset")
            for connection in kept { try await connection.channel.closeFuture.get() }
            #expect(await Self.refuses(port))
        }
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<String>
    private let enough: @Sendable (String) -> Bool
    private var text = ""

    init(promise: EventLoopPromise<String>, enough: @escaping @Sendable (String) -> Bool) {
        self.promise = promise
        self.enough = enough
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        if enough(text) { promise.succeed(text) }
    }

    func channelInactive(context: ChannelHandlerContext) { promise.succeed(text) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.succeed("reset") }
}
