import CLinux
import NIOCore
import NIOPosix
import Synchronization

/// A server whose behaviour is known, to try load generators and their judgement on. Each request's path says how it is
/// answered (`BehaviourPath`); what a behaviour remembers, such as its capacity, is shared by all requests of that path.
package final class TargetServer: Sendable {
    private struct State: Sendable {
        var behaviours: [String: LiveBehaviour] = [:]
        var open: [ObjectIdentifier: any Channel] = [:]
        var listening: (any Channel)?
    }

    /// Paths beyond these many share no memory with earlier ones.
    private static let mostBehaviours = 10_000

    private let group: MultiThreadedEventLoopGroup
    private let wakefulness: [ObjectIdentifier: Wakefulness]
    private let state = Mutex(State())
    private let requests = Atomic<Int>(0)
    private let connections = Atomic<Int>(0)

    private init(threads: Int) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, threads))
        let loops = group.makeIterator().map { (ObjectIdentifier($0), Wakefulness($0)) }
        wakefulness = Dictionary(uniqueKeysWithValues: loops)
    }

    /// Runs the body with a server on 127.0.0.1, and takes the server down after it.
    /// - Parameters:
    ///   - port: 0 for a free one.
    ///   - body: gets the server and its port.
    /// - Throws: when the port cannot be had, else what the body throws.
    package static func with<Answer: Sendable>(
        port: Int = 0, threads: Int = 1, _ body: (TargetServer, Int) async throws -> Answer
    ) async throws -> Answer {
        let server = TargetServer(threads: threads)
        let answer: Result<Answer, any Error>
        do {
            answer = .success(try await body(server, try await server.listen(port: port)))
        } catch {
            answer = .failure(error)
        }
        try await server.group.shutdownGracefully()
        return try answer.get()
    }

    /// Requests that have come so far.
    package var requestCount: Int { requests.load(ordering: .relaxed) }
    /// Connections that are open now.
    package var openConnections: Int { connections.load(ordering: .relaxed) }

    private func listen(port: Int) async throws -> Int {
        for loop in group.makeIterator() { loop.execute { _ = exact_timers_of_this_thread() } }
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 16_384)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            // One read per wake-up: a second one would mostly find nothing.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        TargetConnection(
                            server: self, wakefulness: self.wakefulness[ObjectIdentifier(channel.eventLoop)]))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        state.withLock { $0.listening = channel }
        return channel.localAddress?.port ?? 0
    }

    // MARK: What connections say

    func counted() { requests.add(1, ordering: .relaxed) }

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

    /// Closes the listening socket and resets all connections.
    func die() {
        let (listening, open) = state.withLock { state in
            defer { state.listening = nil }
            return (state.listening, Array(state.open.values))
        }
        listening?.close(promise: nil)
        for channel in open { TargetConnection.reset(channel) }
    }
}
