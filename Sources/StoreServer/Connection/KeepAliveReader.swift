import NIOCore
import NIOHTTP1

/// Reads off a request's head what is lost when it becomes an `HTTPRequest`: its version.
///
/// Where the connection ends with the request, by its version or its header, that is said in the one way that those
/// behind understand.
final class KeepAliveReader: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        if head.version.minor > 0, !head.headers.contains(name: "host") {
            return context.fireErrorCaught(
                RequestError.badRequest("the request has no Host header, which HTTP/1.1 asks for"))
        }
        guard !head.isKeepAlive else { return context.fireChannelRead(data) }
        head.headers.replaceOrAdd(name: "connection", value: "close")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}
