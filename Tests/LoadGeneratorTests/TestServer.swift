import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A server in this process that answers every request in one known way, and counts.
final class TestServer: Sendable {
    enum Behaviour: Sendable {
        /// These bytes for each request.
        case answer(String)
        /// What the function makes of the request.
        case made(@Sendable (String) -> String)
        /// These bytes after a time.
        case late(String, TimeAmount)
        /// These bytes one by one, each in its own segment.
        case slow(String)
        /// These bytes, then the end of the connection.
        case answerAndClose(String)
        /// A reset in the place of an answer.
        case reset
        case silence
        /// The first request of each connection is answered; the second meets the end of the connection.
        case closeAtSecond(String)
        /// These bytes once the head of a request is there; its body is never read.
        case beforeBody(String)
        /// Asks for the body of each request with 100, then these bytes.
        case continuing(String)
        case bytes([UInt8])
    }

    struct Seen: Sendable {
        var connections = 0
        var open = 0
        /// The first bytes of each request and its body.
        var requests: [String] = []
        var count = 0
    }

    private struct State: Sendable {
        var seen = Seen()
        var waiting: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel: Mutex<(any Channel)?> = Mutex(nil)

    static func json(_ body: String, status: String = "200 OK", head: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Runs the body with a server, and takes the server down after it.
    static func with<Result: Sendable>(
        _ behaviour: Behaviour, host: String = "127.0.0.1", unixSocket: String? = nil,
        body: (TestServer, Int) async throws -> Result
    ) async throws -> Result {
        let server = TestServer()
        let port = try await server.listen(behaviour, host: host, unixSocket: unixSocket)
        do {
            let result = try await body(server, port)
            try await server.group.shutdownGracefully()
            return result
        } catch {
            try await server.group.shutdownGracefully()
            throw error
        }
    }

    /// A port on which nothing listens.
    static func deadPort() async throws -> Int {
        let server = TestServer()
        let port = try await server.listen(.silence)
        try await server.group.shutdownGracefully()
        return port
    }

    var seen: Seen { state.withLock { $0.seen } }

    /// Waits until this many requests have come.
    func requests(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.seen.count >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    fileprivate func connection(opened: Bool) {
        state.withLock { state in
            if opened { state.seen.connections += 1 }
            state.seen.open += opened ? 1 : -1
        }
    }

    fileprivate func request(_ text: String) {
        let ready = state.withLock { state in
            state.seen.count += 1
            if state.seen.requests.count < 1000 { state.seen.requests.append(text) }
            let ready = state.waiting.filter { $0.count <= state.seen.count }
            state.waiting.removeAll { $0.count <= state.seen.count }
            return ready
        }
        for (_, continuation) in ready { continuation.resume() }
    }

    private func listen(_ behaviour: Behaviour, host: String = "127.0.0.1", unixSocket: String? = nil) async throws
        -> Int
    {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answerer(server: self, behaviour: behaviour))
                }
            }
        if let unixSocket {
            _ = try await bootstrap.bind(unixDomainSocketPath: unixSocket).get()
            return 0
        }
        let listening = try await bootstrap.bind(host: host, port: 0).get()
        return listening.localAddress?.port ?? 0
    }
}

private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: TestServer
    private let behaviour: TestServer.Behaviour
    private var received: [UInt8] = []
    private var answered = 0
    private var isAsked = false

    init(server: TestServer, behaviour: TestServer.Behaviour) {
        self.server = server
        self.behaviour = behaviour
    }

    func channelActive(context: ChannelHandlerContext) { server.connection(opened: true) }

    func channelInactive(context: ChannelHandlerContext) { server.connection(opened: false) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += Array(unwrapInboundIn(data).readableBytesView)
        if case .beforeBody(let answer) = behaviour {
            guard let end = String(decoding: received, as: UTF8.self).range(of: "\r\n\r\n") else { return }
            server.request(String(String(decoding: received, as: UTF8.self)[..<end.upperBound]))
            write(answer, context)
            received = []
            context.channel.setOption(.autoRead, value: false).whenComplete { _ in }
            return
        }
        if case .continuing = behaviour, !isAsked, received.suffix(4) == Array("\r\n\r\n".utf8)[...] {
            isAsked = true
            write("HTTP/1.1 100 Continue\r\n\r\n", context)
        }
        while let request = nextRequest() {
            isAsked = false
            server.request(request)
            answer(request, context)
            answered += 1
        }
    }

    private func nextRequest() -> String? {
        guard let blank = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        var length = 0
        let text = String(decoding: received[..<blank.lowerBound], as: UTF8.self)
        for line in text.split(separator: "\r\n") where line.hasPrefix("Content-Length: ") {
            length = Int(line.dropFirst(16)) ?? 0
        }
        let end = blank.upperBound + length
        guard received.count >= end else { return nil }
        defer { received.removeFirst(end) }
        return String(decoding: received[..<end], as: UTF8.self)
    }

    private func answer(_ request: String, _ context: ChannelHandlerContext) {
        switch behaviour {
        case .answer(let text): write(text, context)
        case .made(let make): write(make(request), context)
        case .late(let text, let time):
            context.eventLoop.assumeIsolated().scheduleTask(in: time) { self.write(text, context) }
        case .slow(let text): dribble(Array(text.utf8)[...], context)
        case .answerAndClose(let text):
            write(text, context)
            context.close(promise: nil)
        case .reset:
            let channel = context.channel
            let provider = channel as? any SocketOptionProvider
            provider?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
        case .silence: break
        case .closeAtSecond(let text):
            if answered == 0 { write(text, context) } else { context.close(promise: nil) }
        case .beforeBody: break
        case .continuing(let text): write(text, context)
        case .bytes(let bytes): context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        }
    }

    private func write(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    private func dribble(_ bytes: ArraySlice<UInt8>, _ context: ChannelHandlerContext) {
        guard let first = bytes.first else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [first])), promise: nil)
        context.eventLoop.assumeIsolated().execute { self.dribble(bytes.dropFirst(), context) }
    }
}

extension String {
    /// The standard library alone has no search for a string in a string that gives a range.
    fileprivate func range(of text: String) -> Range<String.Index>? { ranges(of: text).first }
}
