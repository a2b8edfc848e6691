import ArgumentParser
import Glibc
import StoreBackends

struct Hold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hold connections to MySQL open and unused, until stopped or until nobody reads what is printed.")

    @OptionGroup
    var databases: DatabaseOptions

    @Option(help: "How many.")
    var connections: Int

    func validate() throws {
        guard (1...10_000).contains(connections) else { throw ValidationError("--connections: write 1 to 10000") }
    }

    func run() async throws {
        let hold = ConnectionHold(mysql: try databases.mysql, connections: connections) { line in
            let bytes = Array((line + "\n").utf8)
            return write(STDOUT_FILENO, bytes, bytes.count) == bytes.count
        }
        try await hold.run()
    }
}
