import ArgumentParser
import Logging
import NIOCore
import ServiceLifecycle
import StoreBackends
import StoreServer
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve the store until it is stopped.")

    @Option(help: "Address to listen on (STORE_HOST; default 127.0.0.1).")
    var host: String?
    @Option(help: "Port to listen on (STORE_PORT; default 5000).")
    var port: String?
    @Option(help: "Path of a Unix socket to listen at too (STORE_SOCKET; default none).")
    var socket: String?
    @Option(help: "This replica's name (STORE_NAME; default store).")
    var name: String?
    @Option(help: "Where the two reports are read from: mysql, redis or redis-scan (STORE_BACKEND; default mysql).")
    var backend: String?
    @Option(help: "Connections to each database (STORE_POOL_SIZE; default 8).")
    var poolSize: String?
    @Option(
        help:
            "Where reports are read while Redis is unavailable: none (answer 503) or mysql (STORE_REPORT_FALLBACK; default none)."
    )
    var reportFallback: String?
    @Option(
        help:
            "How an order learns the prices of its products: remembered, per-order or per-product (STORE_PRICES; default remembered)."
    )
    var prices: String?
    @Option(help: "Orders that exceed the stock: allow, or refuse with 409 (STORE_BACK_ORDERS; default allow).")
    var backOrders: String?
    @OptionGroup
    var databases: DatabaseOptions

    func run() async throws {
        let began = ProcessStatistics.now()
        let configuration = try backendConfiguration
        let host = Setting.text(host, "STORE_HOST") ?? "127.0.0.1"
        let port = try Setting.number(port, "--port", "STORE_PORT", in: Setting.ports) ?? 5000
        let name = Setting.text(name, "STORE_NAME") ?? "store"
        let logger = try Self.logger(label: name)
        let metrics = StoreMetrics(
            identity: .init(version: StoreProgram.version, name: name, backend: configuration.mode.rawValue))
        let store = try DatabaseStore(configuration, metrics: metrics, logger: logger)
        let responder = StoreResponder(store: store, metrics: metrics, startUnixNanoseconds: began)
        let paths: [String?] = [nil] + (Setting.text(socket, "STORE_SOCKET").map { [$0] } ?? [])
        let applications = paths.map { path in
            StoreApplication.make(
                responder: responder, host: host, port: port, path: path, name: name, logger: logger)
        }
        var group = ServiceGroupConfiguration(
            services: applications, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // Slow clients are given up before; this bounds what nobody foresaw.
        group.maximumGracefulShutdownDuration = .seconds(20)
        let services = ServiceGroup(configuration: group)
        do {
            try await services.run()
        } catch let error as IOError {
            throw ProgramError(description: "cannot listen on \(host):\(port): \(error)")
        }
        await store.close()
    }

    private var backendConfiguration: BackendConfiguration {
        get throws {
            let mode: ReportReads = try Setting.choice(backend, "--backend", "STORE_BACKEND") ?? .mysql
            let redis = try databases.redis
            if redis == nil, mode != .mysql {
                throw ProgramError(
                    description: "The backend \(mode.rawValue) needs Redis: give --redis-host (REDIS_HOST).")
            }
            let size = try Setting.number(poolSize, "--pool-size", "STORE_POOL_SIZE", in: 1...512) ?? 8
            var configuration = BackendConfiguration(
                mode: mode, mysql: try databases.mysql, redis: redis, poolSize: size)
            configuration.fallback =
                try Setting.choice(reportFallback, "--report-fallback", "STORE_REPORT_FALLBACK") ?? .none
            configuration.prices = try Setting.choice(prices, "--prices", "STORE_PRICES") ?? .remembered
            let backOrders: BackOrders = try Setting.choice(backOrders, "--back-orders", "STORE_BACK_ORDERS") ?? .allow
            configuration.allowsBackOrders = backOrders == .allow
            return configuration
        }
    }

    /// One line an event on standard error: warnings and worse, unless LOG_LEVEL says otherwise; LOG_FORMAT is logfmt or json.
    private static func logger(label: String) throws -> Logger {
        let level = try Setting.choice(nil, "the log's level", "LOG_LEVEL") ?? Logger.Level.warning
        let form = try Setting.choice(nil, "the log's form", "LOG_FORMAT") ?? LineLogHandler.Form.logfmt
        var logger = Logger(label: label, factory: { LineLogHandler(label: $0, form: form) })
        logger.logLevel = level
        return logger
    }
}

private enum BackOrders: String, CaseIterable {
    case allow, refuse
}
