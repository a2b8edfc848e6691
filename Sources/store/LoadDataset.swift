import ArgumentParser
import Glibc
import NIOCore
import StoreBackends
import StoreServer

struct LoadDataset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load-dataset",
        abstract: "Create the schema again, and fill MySQL and Redis with the same rows.",
        discussion: "The contents of the schema's tables and of database 0 of Redis are deleted.")

    @Option(help: "SQL file that drops and creates the tables.")
    var schema: String
    @Option(help: "`course` for the rows of the course; otherwise give the four numbers below.")
    var dataset: String?
    @Option(help: "Number of users.")
    var users: Int?
    @Option(help: "Number of products.")
    var products: Int?
    @Option(help: "Number of orders.")
    var orders: Int?
    @Option(help: "Random seed of prices, stocks and orders.")
    var seed: UInt64 = 42
    @OptionGroup
    var databases: DatabaseOptions

    func validate() throws {
        if let dataset {
            guard dataset == "course" else {
                throw ValidationError("--dataset must be 'course', not '\(dataset)'.")
            }
            guard users == nil, products == nil, orders == nil else {
                throw ValidationError("--dataset course has its own numbers: leave out --users, --products, --orders.")
            }
            return
        }
        guard let users, let products, let orders else {
            throw ValidationError("Give --dataset course, or --users, --products and --orders.")
        }
        for (name, number) in [("users", users), ("products", products), ("orders", orders)] {
            guard (0...10_000_000).contains(number) else {
                throw ValidationError("--\(name) must be from 0 to 10000000, and it is \(number).")
            }
        }
        guard orders == 0 || users > 0 && products > 0 else {
            throw ValidationError("Orders need at least one user and one product.")
        }
    }

    func run() async throws {
        let loader = DatasetLoader(mysql: try databases.mysql, redis: try databases.redis)
        let schema = try TextFile.read(schema)
        let clock = ContinuousClock()
        let start = clock.now
        let rows =
            dataset == nil
            ? Dataset.generated(users: users ?? 0, products: products ?? 0, orders: orders ?? 0, seed: seed) : .course
        try await reportingDatabaseErrors { try await loader.load(rows, schema: schema) }
        let milliseconds = Int((clock.now - start) / .milliseconds(1))
        var writer = JSONWriter()
        writer.object {
            $0.member("users", rows.users.count)
            $0.member("products", rows.products.count)
            $0.member("orders", rows.orders.count)
            // Hundredths of a second print as an amount of money does.
            $0.member("seconds", Money(cents: milliseconds / 10))
        }
        print(String(buffer: writer.buffer))
    }
}
