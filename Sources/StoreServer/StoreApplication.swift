package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix

/// The server as a service that drains when it is told to stop.
package enum StoreApplication {
    private static let acceptedPerRound: UInt = 64

    /// - Parameters:
    ///   - name: the replica's name; it is the `Server` header of every answer.
    ///   - port: 0 for one that is free.
    ///   - path: of a Unix socket to listen at in place of both; what stands there is replaced.
    ///   - times: how long a client may take.
    ///   - whenRunning: gets the port once connections are taken.
    package static func make(
        responder: StoreResponder, host: String, port: Int, path: String? = nil, name: String,
        times: ConnectionState.Times = .init(), logger: Logger,
        whenRunning: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> Application<StoreResponder> {
        let group = MultiThreadedEventLoopGroup.singleton
        return Application(
            responder: responder,
            server: HTTPServerBuilder { [refusals = responder.metrics.refusals] respond in
                LoopBoundChannel(
                    GuardedChannel(responder: respond, times: times, refusals: refusals), group: group)
            },
            configuration: ApplicationConfiguration(
                address: path.map { .unixDomainSocket(path: $0) } ?? .hostname(host, port: port), serverName: name,
                backlog: 4096),
            onServerRunning: { channel in
                // By default four are accepted between two rounds of requests: under load clients waited seconds to be heard.
                try? await channel.setOption(.maxMessagesPerRead, value: acceptedPerRound).get()
                whenRunning(channel.localAddress?.port ?? port)
            },
            eventLoopGroupProvider: .shared(group),
            logger: logger)
    }
}
