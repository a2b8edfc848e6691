import HTTPTypes
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOHTTPTypes

/// Stands between the HTTP decoder and those who answer, for each connection: tells a client what is wrong with what it
/// sends as far as it can be told, bounds how long it may take, and ends the connection after that.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Bytes of a request's path and query. Longer ones that still fit the header's limit get 414.
    static let longestAddress = 8 * 1024

    private let refusals: CodeCounter
    private var state: ConnectionState
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?
    /// What the client is told once the requests before are answered.
    private var refusal: RequestError?
    private var readSomething = false
    private var outputEnded = false

    init(times: ConnectionState.Times, refusals: CodeCounter) {
        self.refusals = refusals
        state = ConnectionState(times, now: .now())
    }

    func handlerAdded(context: ChannelHandlerContext) { watch(context) }

    func channelActive(context: ChannelHandlerContext) {
        watch(context)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.task.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    // MARK: What the client sends

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        readSomething = true
        guard state.reading != .discarding else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): return received(head, data, context)
        case .body: break
        case .end: state.receivedEnd(now: .now())
        }
        context.fireChannelRead(data)
    }

    private func received(_ head: HTTPRequest, _ data: NIOAny, _ context: ChannelHandlerContext) {
        if let path = head.path, path.utf8.count > Self.longestAddress {
            return fail(RequestError(status: .uriTooLong, message: "the request's address is too long"), context)
        }
        state.receivedHead(isLast: head.headerFields[.connection] == "close", now: .now())
        if head.method == .post, head.headerFields[.expect]?.lowercased() == "100-continue" {
            // Where the body is too large the answer comes instead.
            let length = head.headerFields[.contentLength].flatMap { Int($0) } ?? 0
            if length <= Bounds.body, state.unanswered == 1 {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !readSomething { state.receivedBytes(now: .now()) }
        readSomething = false
        if state.reading != .idle { watch(context) }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as RequestError: fail(error, context)
        case let error as HTTPParserError: fail(Self.refusal(of: error), context)
        case is IOError, is ChannelError: context.fireErrorCaught(error)
        default: fail(.badRequest("the request is not HTTP as this server reads it"), context)
        }
    }

    private static func refusal(of error: HTTPParserError) -> RequestError {
        switch error {
        case .headerOverflow:
            RequestError(status: .requestHeaderFieldsTooLarge, message: "the request's header is too large")
        case .invalidMethod:
            RequestError(status: .methodNotAllowed, message: "no path answers to this method")
        default: .badRequest("the request is not well-formed HTTP/1.1: \(error)")
        }
    }

    /// Takes nothing more from this client.
    private func fail(_ error: RequestError, _ context: ChannelHandlerContext) {
        guard state.reading != .discarding else { return }
        refusals.increment(error.status.code)
        let wasBody = state.reading == .body
        state.stopReading(now: .now())
        if wasBody {
            // The request is being answered: whoever reads its body learns why there is no more of it.
            context.fireErrorCaught(error)
        } else {
            refusal = error
            if state.unanswered == 0 { finish(context) }
        }
        watch(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            state.drain(now: .now())
            watch(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: What the client gets

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard state.unanswered > 0, !outputEnded else {
            // Nobody waits for it.
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where state.answerBegins() && refusal == nil:
            head.headerFields[.connection] = "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            context.write(data, promise: promise)
            if state.answerEnded(now: .now()) {
                finish(context)
            } else if timer == nil {
                watch(context)
            }
        default: context.write(data, promise: promise)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        guard !outputEnded else {
            promise?.succeed()
            return
        }
        endOutput(context, promise)
    }

    /// Tells the client what is left to be told, and that no more comes.
    private func finish(_ context: ChannelHandlerContext) {
        if let refusal { write(refusal, context) }
        refusal = nil
        context.flush()
        endOutput(context, nil)
    }

    private func endOutput(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        outputEnded = true
        state.stopReading(now: .now())
        context.close(mode: .output, promise: promise)
        watch(context)
    }

    private func write(_ refusal: RequestError, _ context: ChannelHandlerContext) {
        var body = JSONWriter()
        body.object { $0.member("error", refusal.message) }
        var head = HTTPResponse(status: refusal.status)
        head.headerFields[.contentType] = "application/json"
        head.headerFields[.contentLength] = "\(body.buffer.readableBytes)"
        head.headerFields[.connection] = "close"
        if refusal.status == .methodNotAllowed { head.headerFields[.allow] = "GET, HEAD, POST, DELETE" }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body.buffer)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
    }

    // MARK: Time

    /// Makes sure that the timer rings in time. It may ring early and then sets itself anew, so that requests that go well
    /// never touch it.
    private func watch(_ context: ChannelHandlerContext) {
        guard let deadline = state.deadline, context.channel.isActive else { return }
        if let timer, timer.deadline <= deadline { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
            guard let self else { return }
            ring(context)
        }
        timer = (task, deadline)
    }

    private func ring(_ context: ChannelHandlerContext) {
        timer = nil
        switch state.expire(now: .now()) {
        case .nothing: watch(context)
        case .refuse:
            fail(RequestError(status: .requestTimeout, message: "the request did not arrive in time"), context)
        case .close: context.close(promise: nil)
        }
    }
}
