import Glibc
import NIOCore

/// One connection: one request after the other, each answered as its path says.
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

    /// - Parameter busyPolling: that of the connection's loop.
    init(server: TargetServer, busyPolling: BusyPolling?) {
        self.server = server
        self.busyPolling = busyPolling
    }

    func channelActive(context: ChannelHandlerContext) { server.opened(context.channel) }

    func channelInactive(context: ChannelHandlerContext) {
        isOver = true
        server.closed(context.channel)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if received.readableBytes == 0 { received = bytes } else { received.writeBuffer(&bytes) }
        serve(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    private func serve(_ context: ChannelHandlerContext) {
        while !isBusy, !isOver, hasRequest(context) {
            guard let behaviour else { return }
            server.counted()
            let read = NIODeadline.now().uptimeNanoseconds
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

    private func perform(_ action: Reply.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .send(let bytes, let closing):
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
