import CLinux
import Model
import NIOCore
import NIOPosix
import Synchronization
import Threads

/// A server whose behaviour is known, to try load generators and their judgement on. Each request's path says how it is
/// answered (`BehaviourPath`); what a behaviour remembers, such as its capacity, is shared by all requests of that path.
///
/// Connections for which the process's table of descriptors has no room are taken by further threads, each with a
/// table of its own; they come by the same listening socket, and what is remembered is the same.
package final class TargetServer: Sendable {
    private struct State: Sendable {
        var behaviours: [String: LiveBehaviour] = [:]
        var open: [ObjectIdentifier: any Channel] = [:]
        /// What lets the requests go on that a pause holds.
        var held: [@Sendable () -> Void] = []
    }

    /// Paths beyond these many share no memory with earlier ones.
    private static let mostBehaviours = 10_000

    private let group: MultiThreadedEventLoopGroup
    private let busyPolling: [ObjectIdentifier: BusyPolling]
    private let state = Mutex(State())
    private let requests = Atomic<Int>(0)
    private let connections = Atomic<Int>(0)
    private let tables: ConnectionTables
    let outages: OutageSchedule

    private init(threads: Int, room: Int?, outages: [ScriptedOutage]) throws {
        self.outages = OutageSchedule(outages)
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, threads))
        tables = try ConnectionTables(room: room)
        let loops = group.makeIterator().map { (ObjectIdentifier($0), BusyPolling($0)) }
        busyPolling = Dictionary(uniqueKeysWithValues: loops)
    }

    /// Runs the body with a server, and takes the server down after it.
    /// - Parameters:
    ///   - address: of this machine, on which it listens.
    ///   - port: 0 for a free one.
    ///   - room: connections of one table of descriptors; nil: as many as the limit of open files permits.
    ///   - outages: stretches in which it fails requests, of which no two overlap.
    ///   - body: gets the server and its port.
    /// - Throws: when the port cannot be had, else what the body throws.
    package static func with<Answer: Sendable>(
        address: String = "127.0.0.1", port: Int = 0, threads: Int = 1, room: Int? = nil,
        outages: [ScriptedOutage] = [],
        _ body: (TargetServer, Int) async throws -> Answer
    ) async throws -> Answer {
        let server = try TargetServer(threads: threads, room: room, outages: outages)
        let answer: Result<Answer, any Error>
        do {
            answer = .success(try await body(server, try await server.listen(at: address, port: port)))
        } catch {
            answer = .failure(error)
        }
        await server.tables.end { server.open }
        try await server.group.shutdownGracefully()
        return try answer.get()
    }

    /// Requests that have come so far.
    package var requestCount: Int { requests.load(ordering: .relaxed) }
    /// Connections that are open now.
    package var openConnections: Int { connections.load(ordering: .relaxed) }
    /// What each outage has done so far, in their order.
    package var outageCounts: [OutageCount] { outages.counts }
    /// Tables of descriptors that connections lie in, or did.
    package var tableCount: Int { tables.count }

    private func listen(at address: String, port: Int) async throws -> Int {
        for loop in group.makeIterator() {
            loop.execute {
                exact_timers_of_this_thread()
                short_slices_of_this_thread()
            }
        }
        return try await tables.listen(
            to: port, by: { self.bootstrap(on: self.group, $0).bind(host: address, port: $1) }
        ) {
            self.bootstrap(on: $0, $1).serverChannelOption(.autoRead, value: false).withBoundSocket($2)
        }
    }

    private func bootstrap(on group: MultiThreadedEventLoopGroup, _ table: ConnectionTable) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 16_384)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .serverChannelInitializer { [tables] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Acceptor(table: table, tables: tables))
                }
            }
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            // One read per wake-up: a second one would mostly find nothing.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.closeFuture.whenComplete { _ in table.release() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        TargetConnection(
                            server: self, busyPolling: self.busyPolling[ObjectIdentifier(channel.eventLoop)]))
                }
            }
    }

    // MARK: What connections say

    func counted(at now: UInt64) {
        requests.add(1, ordering: .relaxed)
        guard !outages.isEmpty, let times = outages.requestCame(at: now) else { return }
        let loop = group.next()
        for (number, begin, end) in times {
            loop.scheduleTask(deadline: .uptimeNanoseconds(begin)) { self.begin(number, until: end, on: loop) }
        }
    }

    // MARK: Outages

    private func begin(_ number: Int, until end: UInt64, on loop: any EventLoop) {
        let kind = outages.kind(of: number)
        let over: @Sendable () -> Void = { [self] in
            outages.ended(number, at: NIODeadline.now().uptimeNanoseconds)
            let held = state.withLock { state in
                defer { state.held = [] }
                return state.held
            }
            for release in held { release() }
        }
        outages.began(number, at: NIODeadline.now().uptimeNanoseconds)
        if kind == .refuse {
            tables.suspend { [self] in
                for channel in open { TargetConnection.reset(channel) }
            }
        }
        loop.scheduleTask(deadline: .uptimeNanoseconds(end)) { [self] in
            guard kind == .refuse else { return over() }
            tables.resume { over() }
        }
    }

    /// Keeps a request until the pause is over.
    func hold(_ connection: TargetConnection, _ context: ChannelHandlerContext) {
        let (loop, bound) = (context.eventLoop, NIOLoopBound((connection, context), eventLoop: context.eventLoop))
        let release: @Sendable () -> Void = {
            loop.execute {
                let (connection, context) = bound.value
                connection.release(context)
            }
        }
        // It may be over by now: then nobody else lets this one go.
        let isOver = state.withLock { state in
            state.held.append(release)
            return outages.current == nil
        }
        if isOver { release() }
    }

    func opened(_ channel: any Channel) {
        connections.add(1, ordering: .relaxed)
        state.withLock { $0.open[ObjectIdentifier(channel)] = channel }
    }

    func closed(_ channel: any Channel) {
        connections.subtract(1, ordering: .relaxed)
        state.withLock { $0.open[ObjectIdentifier(channel)] = nil }
    }

    func behaviour(of path: String) -> LiveBehaviour {
        if let known = state.withLock({ $0.behaviours[path] }) { return known }
        let behaviour = LiveBehaviour((try? BehaviourPath.behaviour(path)) ?? .answer(.status(404)))
        return state.withLock { state in
            if let known = state.behaviours[path] { return known }
            if state.behaviours.count < Self.mostBehaviours { state.behaviours[path] = behaviour }
            return behaviour
        }
    }

    /// For each path whose answers have a known time, how long they were really held, as JSON in milliseconds.
    package var held: String {
        let known = state.withLock { $0.behaviours }.map { ($0.key, $0.value.held) }.filter { $0.1.count > 0 }
        let parts = known.sorted { $0.0 < $1.0 }.map { path, held in
            let shares = [("p50", 50.0), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("max", 100)]
            let times = shares.map { "\"\($0)\":\((held.percentile($1) ?? 0) * 1000)" }
            let name = path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "\"\(name)\":{\"requests\":\(held.count),\(times.joined(separator: ","))}"
        }
        return "{\(parts.joined(separator: ","))}"
    }

    /// Closes the listening socket and resets all connections.
    func die() {
        tables.close { [self] in
            for channel in open { TargetConnection.reset(channel) }
        }
    }

    private var open: [any Channel] { state.withLock { Array($0.open.values) } }
}
