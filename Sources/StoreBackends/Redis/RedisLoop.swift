import CHiredis
import Glibc
import NIOCore
import NIOPosix
import StoreServer

/// Redis as one event loop sees it: a connection of the loop's own, over which its thread sends and reads.
///
/// With a connection of the pool another thread had to be woken for a read, and had to wake the loop: so a tenth fewer
/// reports were served.
///
/// Unchecked: all but `init` and `close` happens on the loop's thread.
final class RedisLoop: @unchecked Sendable {
    typealias Replies = (replies: [RedisReply], from: RedisConnection)
    typealias Answer = (Result<Replies, any Error>) -> Void

    /// Commands and who waits for their replies.
    private struct Read {
        let pipeline: RedisPipeline
        let answer: Answer
        var deadline = NIODeadline.distantFuture
        /// It was lost with a connection once.
        var isRepeated = false
    }

    private enum State {
        /// - Parameter until: others fail with the reason of the last failure until then.
        case none(failure: (any Error)?, until: NIODeadline)
        case connecting
        case open(RedisConnection, any Channel)
        case closed
    }

    /// After a failed attempt to connect, others fail at once for this long.
    private static let reconnectPause = TimeAmount.milliseconds(100)

    let loop: any EventLoop
    private let connect: @Sendable () throws -> RedisConnection
    private let openConnections: Gauge
    private var state = State.none(failure: nil, until: .distantPast)
    /// For a connection.
    private var waiting: [Read] = []
    /// For their replies; the oldest first, as Redis answers.
    private var underWay = CircularBuffer<Read>()
    private var clock: Scheduled<Void>?

    init(_ loop: any EventLoop, openConnections: Gauge, connect: @escaping @Sendable () throws -> RedisConnection) {
        self.loop = loop
        self.openConnections = openConnections
        self.connect = connect
    }

    /// Sends commands that change nothing, a second time where the connection is lost meanwhile.
    /// - Parameter answer: is called once, on the loop.
    func read(_ pipeline: RedisPipeline, _ answer: @escaping Answer) {
        begin(Read(pipeline: pipeline, answer: answer))
    }

    private func begin(_ read: Read) {
        loop.assertInEventLoop()
        switch state {
        case .open(let connection, let channel):
            let deadline = NIODeadline.now() + .seconds(Int64(connection.timeoutSeconds))
            underWay.append(
                Read(pipeline: read.pipeline, answer: read.answer, deadline: deadline, isRepeated: read.isRepeated))
            channel.writeAndFlush(ByteBuffer(bytes: read.pipeline.bytes), promise: nil)
            if clock == nil { watch(until: deadline) }
        case .connecting: waiting.append(read)
        case .none(let failure?, let until) where NIODeadline.now() < until: read.answer(.failure(failure))
        case .none:
            waiting.append(read)
            open()
        case .closed: read.answer(.failure(PoolError(reason: .closed)))
        }
    }

    // MARK: The connection

    private func open() {
        state = .connecting
        NIOThreadPool.singleton.runIfActive(eventLoop: loop, connect).flatMap { connection in
            self.adopt(connection)
        }.whenComplete { result in
            guard case .failure(let error) = result else { return }
            self.failedToConnect(error as? RedisError ?? RedisError(message: "\(error)"))
        }
    }

    private func adopt(_ connection: RedisConnection) -> EventLoopFuture<Void> {
        // The connection closes its own descriptor, and the channel closes this one.
        let descriptor = fcntl(connection.socket, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else {
            connection.close()
            return loop.makeFailedFuture(RedisError(message: "no descriptor is left"))
        }
        return ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(self, connection))
                }
            }
            .withConnectedSocket(descriptor)
            .map { self.opened(connection, $0) }
            .flatMapErrorThrowing { error in
                self.drop(connection)
                throw error
            }
    }

    private func opened(_ connection: RedisConnection, _ channel: any Channel) {
        guard case .connecting = state, channel.isActive else {
            channel.close(promise: nil)
            drop(connection)
            return failedToConnect(RedisError(message: "the connection was closed at once"))
        }
        openConnections.add(1)
        state = .open(connection, channel)
        let reads = waiting
        waiting = []
        for read in reads { begin(read) }
    }

    private func failedToConnect(_ error: RedisError) {
        guard case .connecting = state else { return }
        state = .none(failure: error, until: .now() + Self.reconnectPause)
        fail(error)
    }

    private func fail(_ error: any Error) {
        let reads = waiting
        waiting = []
        for read in reads { read.answer(.failure(error)) }
    }

    private func drop(_ connection: RedisConnection) {
        if connection.isUsable { connection.close() }
    }

    /// Begins again what was not answered, once.
    fileprivate func lost(_ connection: RedisConnection, _ error: any Error) {
        drop(connection)
        guard case .open(let current, _) = state, current === connection else { return }
        openConnections.add(-1)
        state = .none(failure: nil, until: .distantPast)
        let reads = underWay
        underWay = []
        for read in reads {
            if read.isRepeated || read.deadline <= .now() {
                read.answer(.failure(error))
            } else {
                begin(Read(pipeline: read.pipeline, answer: read.answer, isRepeated: true))
            }
        }
    }

    fileprivate func received(_ replies: [RedisReply], from connection: RedisConnection) {
        underWay.popFirst()?.answer(.success((replies: replies, from: connection)))
    }

    fileprivate func received(_ refusal: RedisError) {
        underWay.popFirst()?.answer(.failure(refusal))
    }

    /// Replies that the oldest read waits for.
    fileprivate var awaited: Int? { underWay.first?.pipeline.count }

    // MARK: Time

    /// One timer for all reads: it rings for the oldest of the moment at which it was set.
    private func watch(until deadline: NIODeadline) {
        clock = loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.clock = nil
            guard let oldest = self.underWay.first else { return }
            guard oldest.deadline <= .now(), case .open(let connection, let channel) = self.state else {
                return self.watch(until: oldest.deadline)
            }
            channel.close(promise: nil)
            self.lost(
                connection, RedisError(message: "no answer within \(connection.timeoutSeconds) s"))
        }
    }

    /// Ends the connection; whoever still waits is told so.
    func close() async {
        try? await loop.submit { self.end() }.get()
    }

    private func end() {
        clock?.cancel()
        if case .open(let connection, let channel) = state {
            openConnections.add(-1)
            channel.close(promise: nil)
            drop(connection)
        }
        state = .closed
        waiting += underWay
        underWay = []
        fail(PoolError(reason: .closed))
    }
}

/// Gathers replies out of what comes over a loop's connection.
private final class Reader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let owner: RedisLoop
    private let connection: RedisConnection
    private var replies: [RedisReply] = []
    private var refusal: RedisError?
    private var count = 0

    init(_ owner: RedisLoop, _ connection: RedisConnection) {
        self.owner = owner
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard connection.isUsable else { return }
        do {
            try unwrapInboundIn(data).withUnsafeReadableBytes { try connection.feed($0) }
            while connection.isUsable, let awaited = owner.awaited, let reply = try connection.nextReply() {
                count += 1
                switch reply {
                case .success(let reply): replies.append(reply)
                case .failure(let error): if refusal == nil { refusal = error }
                }
                if count == awaited { finish() }
            }
        } catch {
            end(error, context)
        }
    }

    private func finish() {
        let (replies, refusal) = (replies, refusal)
        self.replies = []
        self.refusal = nil
        count = 0
        if let refusal { return owner.received(refusal) }
        owner.received(replies, from: connection)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(RedisError(message: "Redis closed the connection"), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(RedisError(message: "\(error)"), context)
    }

    private func end(_ error: any Error, _ context: ChannelHandlerContext) {
        context.close(promise: nil)
        owner.lost(connection, error)
    }
}
