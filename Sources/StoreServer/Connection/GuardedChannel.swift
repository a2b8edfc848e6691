package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTPTypesHTTP1

/// An HTTP/1.1 channel with a guard before those who answer.
package struct GuardedChannel: ServerChildChannel {
    package typealias Value = HTTP1Channel.Value

    private let base: HTTP1Channel

    /// - Parameter refusals: counts by status what is refused before any route sees it.
    package init(
        responder: @escaping HTTPChannelHandler.Responder, times: ConnectionState.Times, refusals: CodeCounter
    ) {
        base = HTTP1Channel(
            responder: responder,
            configuration: .init(
                additionalChannelHandlers: [ConnectionGuard(times: times, refusals: refusals)],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100)))
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandler(KeepAliveReader(), position: .before(codec))
            return value
        }
    }

    package func handle(value: Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
