import NIOCore
import NIOPosix
import Synchronization
import Threads

/// The tables of descriptors of one server: the process's own, and further ones, each of an event loop of its own, once
/// there are more connections than fit. One at a time takes connections, from the socket that all listen on.
final class ConnectionTables: Sendable {
    typealias Listen =
        @Sendable (MultiThreadedEventLoopGroup, ConnectionTable, _ socket: CInt) -> EventLoopFuture<
            any Channel
        >

    private struct State: Sendable {
        /// The first is the process's own.
        var tables: [ConnectionTable] = []
        var loops: [any EventLoop] = []
        var listen: Listen?
        /// The number of the listening socket in the process's table.
        var socket: CInt = -1
        var isClosed = false
        /// Opens the listening socket of a port.
        var first: (@Sendable (ConnectionTable, _ port: Int) -> EventLoopFuture<any Channel>)?
        var port = 0
    }

    private static let most = 64

    private let state = Mutex(State())
    /// Descriptors by which loops are woken, and new loops, are right on threads without a table of their own only.
    private let relay: Relay
    private let room: Int?

    /// - Parameter room: connections of one table; nil: as many as the limit of open files permits.
    init(room: Int?) throws {
        self.room = room
        relay = try Relay()
    }

    var count: Int { state.withLock { $0.tables.count } }

    /// - Parameters:
    ///   - port: 0 for a free one.
    ///   - first: opens the listening socket.
    ///   - further: listens to it on another loop, without taking connections yet.
    /// - Returns: the port.
    func listen(
        to port: Int, by first: @escaping @Sendable (ConnectionTable, _ port: Int) -> EventLoopFuture<any Channel>,
        further: @escaping Listen
    ) async throws -> Int {
        state.withLock { state in
            state.first = first
            state.listen = further
        }
        let port = try await open(port).get()
        state.withLock { $0.port = port }
        return port
    }

    /// With the process's own table as the only one; connections of further ones stay where they are.
    private func open(_ port: Int) -> EventLoopFuture<Int> {
        let table = ConnectionTable(room: Self.room(room, free: OpenFiles.left ?? OpenFiles.limit))
        let first = state.withLock { state in
            state.tables = [table]
            return state.first
        }
        guard let first else { preconditionFailure("nothing listened before") }
        return first(table, port).flatMapThrowing { channel in
            table.listen(by: channel)
            let socket = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) { $0 }
            self.state.withLock { $0.socket = socket ?? -1 }
            return channel.localAddress?.port ?? 0
        }
    }

    /// Ends the listening for a while, then does what else is to be done to connections of all tables.
    func suspend(then: @escaping @Sendable () -> Void) {
        relay.post { [self] in
            for table in state.withLock(\.tables) { table.close() }
            then()
        }
    }

    /// Listens again to the same port, and tries again where it cannot yet be had.
    func resume(then: @escaping @Sendable () -> Void) {
        relay.post { [self] in
            guard let port = state.withLock({ $0.isClosed ? nil : $0.port }) else { return }
            open(port).whenComplete { result in
                if case .success = result { then() } else { self.resume(then: then) }
            }
        }
    }

    /// Makes a table ahead, so that no connection waits for it.
    func prepare() {
        relay.post { [self] in
            guard state.withLock({ !$0.isClosed && $0.tables.count(where: \.hasRoom) < 2 }) else { return }
            _ = addTable()
        }
    }

    /// Lets a table with room take the next connections, the one that did so being full.
    func makeRoom() {
        relay.post { [self] in
            guard let tables = state.withLock({ $0.isClosed ? nil : $0.tables }) else { return }
            // Where none can be made, what comes now finds no descriptor.
            let free = tables.first(where: \.hasRoom) ?? addTable() ?? tables.first
            free?.resume()
        }
    }

    /// Ends the listening, then does what else is to be done to connections of all tables.
    func close(then: @escaping @Sendable () -> Void) {
        let close: @Sendable () -> Void = { [self] in
            let tables = state.withLock { state in
                state.isClosed = true
                return state.tables
            }
            for table in tables { table.close() }
            then()
        }
        // At once where any thread may do it.
        if count > 1 { relay.post(close) } else { close() }
    }

    /// Ends the listening, and closes the connections of further tables; the caller sees to those of the first.
    func end(open: @escaping @Sendable () -> [any Channel]) async {
        await withCheckedContinuation { continuation in
            relay.post { [self] in
                let (tables, loops) = state.withLock { state in
                    state.isClosed = true
                    return (state.tables, state.loops)
                }
                for table in tables { table.close() }
                for loop in loops {
                    let mine = open().filter { $0.eventLoop === loop }
                    try? loop.submit { for channel in mine { channel.close(promise: nil) } }.wait()
                }
                continuation.resume()
            }
        }
        relay.end()
    }

    /// On the relay's thread.
    /// - Returns: a table that takes no connections yet; nil when none can be made.
    private func addTable() -> ConnectionTable? {
        let (listen, socket, count) = state.withLock { ($0.listen, $0.socket, $0.tables.count) }
        guard DescriptorTable.canSeparate, let listen, socket >= 0, count < Self.most else { return nil }
        // Its thread stays until the process ends: taking it down would start threads from it, with its table.
        let group = MultiThreadedEventLoopGroup._makePerpetualGroup(threadNamePrefix: "target", numberOfThreads: 1)
        let table = ConnectionTable(room: Self.room(room, free: OpenFiles.limit))
        let loop = group.next()
        let opened = loop.flatSubmit { () -> EventLoopFuture<any Channel> in
            guard DescriptorTable.separate(keeping: [socket], andWakers: true) else {
                return loop.makeFailedFuture(ChannelError.operationUnsupported)
            }
            return listen(group, table, socket)
        }
        guard let channel = try? opened.wait() else { return nil }
        table.listen(by: channel)
        state.withLock { state in
            state.tables.append(table)
            state.loops.append(loop)
        }
        return table
    }

    private static func room(_ wanted: Int?, free: Int?) -> Int {
        guard DescriptorTable.canSeparate else { return .max }
        return wanted ?? free.map { max(1, $0 - ConnectionTable.reserve) } ?? .max
    }
}
