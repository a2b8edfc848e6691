import NIOCore
import Synchronization

/// The connections whose descriptors lie in one table, and the channel by which more of them come.
final class ConnectionTable: Sendable {
    /// Descriptors that stay free: for the connections that one look at the listening socket brings beyond the last one,
    /// and for the loop that is to take the next ones.
    static let reserve = 128

    private let room: Int
    private let count = Atomic<Int>(0)
    private let listening = Mutex<(any Channel)?>(nil)

    /// - Parameter room: connections at most.
    init(room: Int) { self.room = max(1, room) }

    func listen(by channel: any Channel) { listening.withLock { $0 = channel } }

    /// Not at once after it was full, so that the listening socket does not pass to and fro.
    var hasRoom: Bool { count.load(ordering: .relaxed) < room - room / 8 }

    enum Filling { case some, most, all }

    /// - Returns: how full it is now; `.most` once on the way.
    func take() -> Filling {
        let taken = count.add(1, ordering: .relaxed).newValue
        return taken >= room ? .all : taken == room - room / 4 ? .most : .some
    }

    func release() { count.subtract(1, ordering: .relaxed) }

    /// Takes connections again.
    func resume() { listening.withLock(\.self)?.setOption(.autoRead, value: true).whenComplete { _ in } }

    /// Ends the listening; the connections stay.
    func close() {
        let channel = listening.withLock { channel in
            defer { channel = nil }
            return channel
        }
        channel?.close(promise: nil)
    }
}

/// Counts the connections that come by a listening channel, and reads it no further once they are enough.
final class Acceptor: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let table: ConnectionTable
    private let tables: ConnectionTables

    init(table: ConnectionTable, tables: ConnectionTables) {
        self.table = table
        self.tables = tables
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch table.take() {
        case .some: break
        case .most: tables.prepare()
        case .all: stop(context)
        }
        context.fireChannelRead(data)
    }

    /// Without effect on the connections that the same look at the socket brings still.
    private func stop(_ context: ChannelHandlerContext) {
        guard let options = context.channel.syncOptions, (try? options.getOption(.autoRead)) == true else { return }
        try? options.setOption(.autoRead, value: false)
        tables.makeRoom()
    }
}
