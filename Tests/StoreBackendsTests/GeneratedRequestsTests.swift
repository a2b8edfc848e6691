import Glibc
import Logging
import ServiceLifecycle
import StoreBackends
import StoreServer
import TestSupport
import Testing

/// Schemathesis makes requests from the API's description, right ones and wrong ones, and follows its links; `--full` makes
/// many. Nothing that it gets may be undocumented or a 5xx.
@Suite(.timed, .serialized, .onServers, WithServers(), .timeLimit(.minutes(10)))
struct GeneratedRequestsTests {
    /// Where `./storelab test` installs it.
    private static let program =
        "/" + "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
        + "/.build/schemathesis/bin/schemathesis"

    private let servers: Servers
    private let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    init() throws {
        servers = try #require(Servers.current)
    }

    @Test(
        .enabled(
            if: access(program, X_OK) == 0, "Schemathesis is not installed; ./storelab test installs it from PyPI"),
        arguments: ReportReads.allCases)
    func nothingUndocumentedIsAnswered(mode: ReportReads) async throws {
        try await DatasetLoader(mysql: servers.mysql, redis: servers.redis).load(.course, schema: Schema.read())
        let metrics = StoreMetrics(identity: .init(version: "1", name: "test", backend: mode.rawValue))
        let store = try DatabaseStore(
            BackendConfiguration(mode: mode, mysql: servers.mysql, redis: servers.redis), metrics: metrics,
            logger: logger)
        try await served(StoreResponder(store: store, metrics: metrics)) { port in
            let log = "/tmp/schemathesis-\(getpid())-\(mode.rawValue).log"
            defer { unlink(log) }
            let child = try Child(
                [
                    "env", "no_proxy=127.0.0.1", "PYTHONDONTWRITEBYTECODE=1", Self.program, "run",
                    "http://127.0.0.1:\(port)/openapi.json", "--checks", "all", "--max-examples",
                    Tier.isFull ? "40" : "6", "--seed", "4",
                    "--generation-database", "none", "--no-shrink", "--continue-on-failure", "--max-failures", "20",
                    "--warnings", "off", "--no-color",
                    // The machine may be busy with other tests.
                    "--wait-for-schema", "60", "--request-timeout", "60",
                ], log: log)
            if await child.wait() != 0 { throw child.failure("found answers that the description does not allow") }
        }
        await store.close()
    }

    private func served(_ responder: StoreResponder, _ body: (Int) async throws -> Void) async throws {
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let application = StoreApplication.make(
            responder: responder, host: "127.0.0.1", port: 0, name: "test", logger: logger,
            whenRunning: { running.yield($0) })
        let group = ServiceGroup(services: [application], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = await iterator.next() ?? 0
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(port))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    @Test func prometheusIsContentWithTheMetrics() async throws {
        let metrics = StoreMetrics(identity: .init(version: "1", name: "a \"b\" \\ c", backend: "redis"))
        metrics.mysqlErrors.increment(1040)
        metrics.requests.series(route: "/orders/{id}", method: "GET").record(status: 200, nanoseconds: 5_000_000)
        let path = "/tmp/metrics-\(getpid()).txt"
        let file = try #require(fopen(path, "w"))
        fputs(metrics.exposition(of: .current(startUnixNanoseconds: 1)), file)
        fclose(file)
        defer { unlink(path) }
        let log = path + ".log"
        defer { unlink(log) }
        let child = try Child(["sh", "-c", "exec promtool check metrics < \(path)"], log: log)
        if await child.wait() != 0 { throw child.failure("is not content") }
    }
}
