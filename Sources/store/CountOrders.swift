import ArgumentParser
import StoreBackends

struct CountOrders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count-orders", abstract: "Print the number of orders in MySQL.")

    @OptionGroup
    var databases: DatabaseOptions

    func run() async throws {
        let loader = DatasetLoader(mysql: try databases.mysql, redis: nil)
        print(try await reportingDatabaseErrors { try await loader.orderCount() })
    }
}
