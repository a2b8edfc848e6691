import ArgumentParser
import Glibc
import StoreBackends

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the state of MySQL and Redis once a second, until stopped or until nobody reads it.")

    @OptionGroup
    var databases: DatabaseOptions

    @Flag(help: "Watch Redis alone.")
    var withoutMysql = false

    func run() async throws {
        let watch = DatabaseWatch(mysql: withoutMysql ? nil : try databases.mysql, redis: try databases.redis) { line in
            // One call a line, so that lines of two threads do not mix.
            let bytes = Array((line + "\n").utf8)
            return write(STDOUT_FILENO, bytes, bytes.count) == bytes.count
        }
        try await watch.run()
    }
}
