import Glibc
import NIOCore

/// One connection: one request after the other, each answered as its path says, or over HTTP/2 many at a time.
final class TargetConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let longestHead = 65_536

    private let server: TargetServer
    private let busyPolling: BusyPolling?
    private var received = ByteBuffer()
    private var head: RequestHead?
    private var behaviour: LiveBehaviour?
    /// Bytes of a body that is not kept.
    private var skipping = 0
    /// An answer is due; what comes meanwhile waits.
    private var isBusy = false
    private var isOver = false
    /// Whether a request was answered on it.
    private var hasAnswered = false
    /// The number of the pause that holds its request.
    private var heldBy: Int?
    /// Takes what comes, once the client has said that it speaks HTTP/2.
    private var http2: HTTP2TargetConnection?

    /// - Parameter busyPolling: that of the connection's loop.
    init(server: TargetServer, busyPolling: BusyPolling?) {
        self.server = server
        self.busyPolling = busyPolling
    }

    func channelActive(context: ChannelHandlerContext) { server.opened(context.channel) }

    func channelInactive(context: ChannelHandlerContext) {
        isOver = true
        http2?.end()
        server.closed(context.channel)
        if let heldBy { server.outages.count(heldBy, \.failed) }
        heldBy = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if let http2 { return http2.read(bytes) }
        if received.readableBytes == 0 { received = bytes } else { received.writeBuffer(&bytes) }
        if head == nil {
            guard let isHTTP2 = HTTP2TargetConnection.isBegun(by: received) else { return }
            if isHTTP2 {
                http2 = HTTP2TargetConnection(server: server, busyPolling: busyPolling, context)
                http2?.read(received)
                return
            }
        }
        serve(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    private func serve(_ context: ChannelHandlerContext) {
        while !isBusy, !isOver, hasRequest(context) {
            guard let behaviour else { return }
            let read = NIODeadline.now().uptimeNanoseconds
            if !server.outages.isEmpty, head?.path == "/outages" {
                perform(.tellOutages, context)
                continue
            }
            server.counted(at: read)
            if !server.outages.isEmpty, let (number, outage) = server.outages.current {
                suffer(outage, number, context)
                continue
            }
            let reply = behaviour.reply(at: read)
            guard let due = reply.due else {
                perform(reply.action, context)
                continue
            }
            isBusy = true
            if reply.isExact { busyPolling?.cover(due) }
            context.eventLoop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(due)) {
                guard !self.isOver else { return }
                self.isBusy = false
                self.perform(reply.action, context)
                if reply.isExact { behaviour.wrote(after: NIODeadline.now().uptimeNanoseconds - read) }
                context.flush()
                self.serve(context)
                context.flush()
            }
        }
    }

    /// Takes a request with its body off what was received.
    private func hasRequest(_ context: ChannelHandlerContext) -> Bool {
        if skipping > 0 {
            let count = min(skipping, received.readableBytes)
            received.moveReaderIndex(forwardBy: count)
            skipping -= count
            if skipping > 0 { return false }
            return true
        }
        guard received.readableBytes > 0 else { return false }
        if let head, received.readableBytes >= head.bytes.readableBytes,
            received.getSlice(at: received.readerIndex, length: head.bytes.readableBytes) == head.bytes
        {
            return takeBody(of: head)
        }
        guard let new = RequestHead(received) else {
            if received.readableBytes > Self.longestHead { context.close(promise: nil) }
            return false
        }
        if new.path != head?.path { behaviour = server.behaviour(of: new.path) }
        head = new
        return takeBody(of: new)
    }

    private func takeBody(of head: RequestHead) -> Bool {
        received.moveReaderIndex(forwardBy: head.bytes.readableBytes)
        let count = min(head.bodyLength, received.readableBytes)
        received.moveReaderIndex(forwardBy: count)
        skipping = head.bodyLength - count
        return skipping == 0
    }

    /// Fails the request, or holds it, as the outage in force has it.
    private func suffer(_ outage: ScriptedOutage, _ number: Int, _ context: ChannelHandlerContext) {
        switch outage.kind {
        case .status(let code):
            server.outages.count(number, \.failed)
            perform(.send(Answers.bytes(of: .status(code)).0, closing: false), context)
        case .reset, .refuse:
            server.outages.count(number, hasAnswered ? \.sentAgain : \.failed)
            perform(.reset, context)
        case .pause:
            isBusy = true
            heldBy = number
            server.hold(self, context)
        }
    }

    /// The pause is over.
    func release(_ context: ChannelHandlerContext) {
        guard !isOver, let number = heldBy else { return }
        heldBy = nil
        isBusy = false
        server.outages.count(number, \.held)
        perform(.send(Answers.whole(), closing: false), context)
        context.flush()
        serve(context)
        context.flush()
    }

    private func perform(_ action: Reply.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .send(let bytes, let closing):
            hasAnswered = true
            context.write(wrapOutboundOut(bytes), promise: nil)
            if closing || head?.closes == true {
                isOver = true
                context.flush()
                context.close(promise: nil)
            }
        case .drip(let bytes, let interval):
            isBusy = true
            drip(bytes, interval, context)
        case .endlessHeaders:
            isBusy = true
            context.write(wrapOutboundOut(Answers.endlessHead), promise: nil)
            pour(context)
        case .silence: isBusy = true
        case .close:
            isOver = true
            context.close(promise: nil)
        case .reset:
            isOver = true
            Self.reset(context.channel)
        case .tellHeld: context.write(wrapOutboundOut(Answers.whole(body: server.held)), promise: nil)
        case .tellOutages: context.write(wrapOutboundOut(Answers.whole(body: server.outages.json)), promise: nil)
        case .die(let connections):
            guard server.openConnections > connections else {
                return perform(.send(Answers.whole(), closing: false), context)
            }
            server.die()
        }
    }

    private func drip(_ bytes: ByteBuffer, _ interval: UInt64, _ context: ChannelHandlerContext) {
        guard !isOver else { return }
        var rest = bytes
        guard let first = rest.readSlice(length: 1) else {
            isBusy = false
            return serve(context)
        }
        context.writeAndFlush(wrapOutboundOut(first), promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(interval))) {
            self.drip(rest, interval, context)
        }
    }

    /// Writes header lines for as long as somebody reads them.
    private func pour(_ context: ChannelHandlerContext) {
        guard !isOver else { return }
        let loop = context.eventLoop.assumeIsolated()
        context.writeAndFlush(wrapOutboundOut(Answers.endlessLines)).assumeIsolated().whenSuccess {
            // Not at full speed: the server has other connections.
            loop.scheduleTask(in: .milliseconds(1)) { self.pour(context) }
        }
    }

    /// Ends the connection with RST.
    static func reset(_ channel: any Channel) {
        let options = channel as? any SocketOptionProvider
        options?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }
}
