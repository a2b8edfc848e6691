package import Hummingbird
import HummingbirdCore
package import Logging
import NIOPosix

/// The server as a service that drains when it is told to stop.
package enum StoreApplication {
    /// - Parameter name: the replica's name; it is the `Server` header of every answer.
    package static func make(
        responder: StoreResponder, host: String, port: Int, name: String, logger: Logger
    ) -> Application<StoreResponder> {
        let group = MultiThreadedEventLoopGroup.singleton
        return Application(
            responder: responder,
            server: HTTPServerBuilder { LoopBoundChannel(HTTP1Channel(responder: $0), group: group) },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: name, backlog: 4096),
            eventLoopGroupProvider: .shared(group),
            logger: logger)
    }
}
