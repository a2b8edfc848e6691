import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import Model
package import NIOCore
import NIOPosix
import ServiceLifecycle

/// What the pages are made of.
package struct WebSettings: Sendable {
    package var gate: Gate
    package var templates: WebTemplates
    package var experiments: ExperimentShelf
    package var runs: RunShelf
    package var desk: RunDesk
    /// nil where a run is only shown.
    package var actions: WebActions?

    package init(
        gate: Gate, templates: WebTemplates, experiments: ExperimentShelf, runs: RunShelf, desk: RunDesk,
        actions: WebActions?
    ) {
        self.gate = gate
        self.templates = templates
        self.experiments = experiments
        self.runs = runs
        self.desk = desk
        self.actions = actions
    }
}

/// Serves the pages, on one thread of its own beside Swift's.
package struct WebServer: Sendable {
    /// Open connections at most: a browser has six for each tab at most.
    private static let mostConnections = 128

    private let settings: WebSettings
    private let host: String
    private let port: Int
    private let patience: TimeAmount

    /// - Parameters:
    ///   - port: 0 for one that is free.
    ///   - patience: how long a client may not read what is sent to it.
    package init(_ settings: WebSettings, host: String, port: Int, patience: TimeAmount = .seconds(10)) {
        self.patience = patience
        self.settings = settings
        self.host = host
        self.port = port
    }

    /// Serves until its task is cancelled; then what runs is stopped, and its end waited for.
    /// - Parameter whenRunning: gets the port once connections are taken.
    /// - Throws: `Problem` when the port cannot be had.
    package func run(whenRunning: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var logger = Logger(label: "web")
        logger.logLevel = .critical
        let stalls = HTTP1Channel.Configuration(
            additionalChannelHandlers: [StallGuard(patience: patience)], idleTimeout: .seconds(60))
        let application = Application(
            responder: WebResponder(settings), server: .http1(configuration: stalls),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: nil, backlog: 64,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections)),
            onServerRunning: { whenRunning($0.localAddress?.port ?? port) },
            eventLoopGroupProvider: .shared(group), logger: logger)
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [application], gracefulShutdownSignals: [], logger: logger))
        do {
            try await withTaskCancellationHandler {
                // Not cancelled with this task: what runs is to end first, and the pages are to see how.
                try await Task { try await services.run() }.value
            } onCancel: {
                Task {
                    await settings.desk.close()
                    await services.triggerGracefulShutdown()
                }
            }
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            try? await group.shutdownGracefully()
            throw Problem(
                .machine, "port \(port) of \(host) is taken", nextStep: "Choose another one: --port \(port + 1)")
        } catch let error as IOError where error.errnoCode == EADDRNOTAVAIL || error.errnoCode == EACCES {
            try? await group.shutdownGracefully()
            throw Problem(.usage, "\(host):\(port) cannot be listened on: \(error)")
        }
        try? await group.shutdownGracefully()
    }
}

/// Closes the connection of a client that has not read for a while, so that nothing is kept for it.
final class StallGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = Any
    typealias OutboundIn = Any

    private let patience: TimeAmount
    private var stalled: Scheduled<Void>?

    init(patience: TimeAmount) { self.patience = patience }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stalled?.cancel()
        stalled = nil
        if !context.channel.isWritable {
            let channel = context.channel
            stalled = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stalled?.cancel()
        context.fireChannelInactive()
    }
}
