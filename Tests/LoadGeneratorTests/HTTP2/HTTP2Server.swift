import CNghttp2
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A server in this process that speaks HTTP/2 in frames written by hand, as its script says.
final class HTTP2Server: Sendable {
    struct Request: Sendable {
        /// Among those of the server, from 1.
        var number = 0
        /// Among those of the server, from 1.
        var connection = 0
        /// Among those of its connection, from 1.
        var place = 0
        var stream: Int32 = 0
        var fields: [String: String] = [:]
        var names: [String] = []
        var body: [UInt8] = []

        var path: String { fields[":path"] ?? "" }
    }

    enum Step: Sendable {
        case send([UInt8])
        case close
    }

    struct Seen: Sendable {
        var connections = 0
        var requests: [Request] = []
        var count = 0
        var pongs = 0
        var resets: [UInt32] = []
        var mostAtOnce = 0
        /// Times that a client said good-bye.
        var goodbyes = 0
    }

    struct Manners: Sendable {
        var settings: [UInt16: UInt32] = [:]
        /// Sent after the settings.
        var greeting: [UInt8] = []
        /// Windows are opened again by what came.
        var opensWindows = true
        /// A request is answered when its head is there.
        var answersHeads = false
        /// Asks for the bodies of requests that wait for it.
        var continues = false
    }

    private let state = Mutex(Seen())
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    fileprivate let manners: Manners
    fileprivate let script: @Sendable (Request) -> [Step]

    private init(_ manners: Manners, _ script: @escaping @Sendable (Request) -> [Step]) {
        self.manners = manners
        self.script = script
    }

    static func with<Result: Sendable>(
        _ manners: Manners = .init(), script: @escaping @Sendable (Request) -> [Step],
        body: (HTTP2Server, Int) async throws -> Result
    ) async throws -> Result {
        let server = HTTP2Server(manners, script)
        let listening = try await ServerBootstrap(group: server.group)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Framer(server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let result = try await body(server, listening.localAddress?.port ?? 0)
            try await server.group.shutdownGracefully()
            return result
        } catch {
            try await server.group.shutdownGracefully()
            throw error
        }
    }

    var seen: Seen { state.withLock { $0 } }

    /// Waits until this is so.
    func until(_ condition: (Seen) -> Bool) async throws {
        for _ in 0..<3000 where !condition(seen) { try await Task.sleep(for: .milliseconds(10)) }
    }

    fileprivate func note<Value>(_ change: (inout Seen) -> Value) -> Value { state.withLock { change(&$0) } }
}

private final class Framer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: HTTP2Server
    private var received: [UInt8] = []
    private var hasPreface = false
    private var open: [Int32: HTTP2Server.Request] = [:]
    private var connection = 0
    private var place = 0
    private var block: [UInt8] = []
    private var inflater: OpaquePointer?

    init(_ server: HTTP2Server) {
        self.server = server
        nghttp2_hd_inflate_new(&inflater)
    }

    deinit { nghttp2_hd_inflate_del(inflater) }

    func channelActive(context: ChannelHandlerContext) {
        connection = server.note { seen in
            seen.connections += 1
            return seen.connections
        }
        write(Frames.settings(server.manners.settings) + server.manners.greeting, context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += Array(unwrapInboundIn(data).readableBytesView)
        if !hasPreface {
            guard received.count >= Frames.preface.count else { return }
            guard received.starts(with: Frames.preface) else { return context.close(promise: nil) }
            received.removeFirst(Frames.preface.count)
            hasPreface = true
        }
        var start = 0
        while received.count - start >= 9 {
            let head = received[start..<start + 9].map(Int.init)
            let length = head[0] << 16 | head[1] << 8 | head[2]
            guard received.count - start >= 9 + length else { break }
            let stream = Int32(head[5] << 24 | head[6] << 16 | head[7] << 8 | head[8])
            let payload = Array(received[start + 9..<start + 9 + length])
            start += 9 + length
            take(UInt8(head[3]), flags: UInt8(head[4]), stream, payload, context)
        }
        received.removeFirst(start)
    }

    private func take(
        _ kind: UInt8, flags: UInt8, _ stream: Int32, _ payload: [UInt8], _ context: ChannelHandlerContext
    ) {
        let acknowledges = flags & Frames.acknowledges != 0
        switch Frames.Kind(rawValue: kind) {
        case .settings where !acknowledges:
            write(Frames.frame(.settings, flags: Frames.acknowledges), context)
        case .ping where acknowledges: server.note { $0.pongs += 1 }
        case .reset:
            open[stream] = nil
            server.note { $0.resets.append(payload.reduce(0) { $0 << 8 | UInt32($1) }) }
        case .goAway: server.note { $0.goodbyes += 1 }
        case .headers, .continuation:
            if kind == Frames.Kind.headers.rawValue {
                place += 1
                open[stream] = HTTP2Server.Request(connection: connection, place: place, stream: stream)
                block = []
            }
            block += payload
            guard flags & Frames.endHeaders != 0 else { return }
            for (name, value) in inflated(block) {
                open[stream]?.fields[name] = value
                open[stream]?.names.append(name)
            }
            if server.manners.continues, open[stream]?.fields["expect"] != nil {
                write(Frames.headers(stream, [(":status", "100")]), context)
            }
            let count = open.count
            server.note { $0.mostAtOnce = max($0.mostAtOnce, count) }
            if flags & Frames.endStream != 0 || server.manners.answersHeads { answer(stream, context) }
        case .data:
            open[stream]?.body += payload
            if server.manners.opensWindows, !payload.isEmpty {
                let more = Frames.windowUpdate(0, by: payload.count) + Frames.windowUpdate(stream, by: payload.count)
                write(more, context)
            }
            if flags & Frames.endStream != 0, open[stream] != nil { answer(stream, context) }
        default: break
        }
    }

    private func answer(_ stream: Int32, _ context: ChannelHandlerContext) {
        guard var request = open.removeValue(forKey: stream) else { return }
        server.note { seen in
            seen.count += 1
            request.number = seen.count
            if seen.requests.count < 2000 { seen.requests.append(request) }
        }
        for step in server.script(request) {
            switch step {
            case .send(let bytes): write(bytes, context)
            case .close: context.close(promise: nil)
            }
        }
    }

    private func inflated(_ block: [UInt8]) -> [(String, String)] {
        var (fields, rest) = ([(String, String)](), block[...])
        while true {
            var (field, flags) = (nghttp2_nv(), CInt(0))
            let count = rest.withUnsafeBufferPointer {
                nghttp2_hd_inflate_hd2(inflater, &field, &flags, $0.baseAddress, $0.count, 1)
            }
            guard count >= 0 else { return fields }
            rest = rest.dropFirst(count)
            if flags & CInt(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
                let name = UnsafeBufferPointer(start: field.name, count: field.namelen)
                let value = UnsafeBufferPointer(start: field.value, count: field.valuelen)
                fields.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            }
            if flags & CInt(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
                nghttp2_hd_inflate_end_headers(inflater)
                return fields
            }
            if count == 0, flags & CInt(NGHTTP2_HD_INFLATE_EMIT.rawValue) == 0 { return fields }
        }
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}
