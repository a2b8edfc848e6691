import Model
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What happens on a connection. All calls come on its event loop, and none after `UserConnection.close()`.
protocol ConnectionOwner: AnyObject {
    func connectionOpened()
    func connectionFailed(_ failure: ConnectFailure)
    func connectionReceived(_ bytes: ByteBuffer)
    func connectionClosed(_ error: (any Error)?)
}

/// One TCP connection to the target, bare of any protocol: bytes out, bytes in. Confined to its event loop.
final class UserConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var owner: (any ConnectionOwner)?
    private var context: ChannelHandlerContext?
    private var error: (any Error)?

    init(owner: any ConnectionOwner) {
        self.owner = owner
    }

    /// - Parameter timeout: in nanoseconds.
    func open(to address: SocketAddress, on loop: any EventLoop, timeout: UInt64) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(Int64(timeout)))
            // Small, as each of many thousand users holds one; it grows where answers are large.
            .channelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 65_536)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
            .connect(to: address)
            .assumeIsolated()
            .whenFailure { error in
                guard let owner = self.release() else { return }
                owner.connectionFailed(ConnectFailure(error))
            }
    }

    func send(_ bytes: ByteBuffer) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// Forgets the owner and closes, also in the middle of connecting.
    func close() {
        _ = release()
        context?.close(promise: nil)
    }

    private func release() -> (any ConnectionOwner)? {
        defer { owner = nil }
        return owner
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if owner == nil { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        owner?.connectionOpened()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        owner?.connectionReceived(unwrapInboundIn(data))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.error = error
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        release()?.connectionClosed(error)
    }
}

/// Why a connection could not be made, by the kinds that are counted.
struct ConnectFailure {
    var kind: FailureKind
    var words: String

    init(_ error: any Error) {
        switch error {
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            kind = .refused
            words = "nothing listens: connection refused"
        case let error as IOError where error.errnoCode == ECONNRESET:
            kind = .reset
            words = "the connection was reset while it was made"
        case let error as IOError:
            kind = .connect
            words = Self.meaning(error.errnoCode)
        case ChannelError.connectTimeout:
            kind = .timeout
            words = "no connection within the time allowed"
        default:
            kind = .connect
            words = "\(error)"
        }
    }

    private static func meaning(_ code: CInt) -> String {
        let system = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return switch code {
        case EADDRNOTAVAIL: "no local port is left towards this target (\(system))"
        case EMFILE, ENFILE: "the limit of open files is reached (\(system))"
        default: system
        }
    }
}
