package import Hummingbird
package import Logging

/// The server as a service that drains when it is told to stop.
package enum StoreApplication {
    /// - Parameter name: the replica's name; it is the `Server` header of every answer.
    package static func make(
        responder: StoreResponder, host: String, port: Int, name: String, logger: Logger
    ) -> Application<StoreResponder> {
        Application(
            responder: responder,
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: name, backlog: 4096),
            logger: logger)
    }
}
