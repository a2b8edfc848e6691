import Logging
import StoreBackends
import StoreServer

extension Servers {
    static func metrics(_ mode: ReportReads = .redis) -> StoreMetrics {
        StoreMetrics(identity: .init(version: "1", name: "test", backend: mode.rawValue))
    }

    /// Both databases with a data set and nothing else.
    func load(_ dataset: Dataset) async throws {
        try await DatasetLoader(mysql: mysql, redis: redis).load(dataset, schema: Schema.read())
    }

    /// A store in this process while `body` runs.
    func withStore<Value>(
        _ mode: ReportReads = .redis, poolSize: Int = 4, metrics: StoreMetrics = metrics(),
        configure: (inout BackendConfiguration) -> Void = { _ in }, _ body: (DatabaseStore) async throws -> Value
    ) async throws -> Value {
        var configuration = BackendConfiguration(mode: mode, mysql: mysql, redis: redis, poolSize: poolSize)
        configure(&configuration)
        let store = try DatabaseStore(
            configuration, metrics: metrics, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        do {
            let value = try await body(store)
            await store.close()
            return value
        } catch {
            await store.close()
            throw error
        }
    }
}
