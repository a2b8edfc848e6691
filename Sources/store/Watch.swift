import ArgumentParser
import Glibc
import StoreBackends

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints once a second how MySQL and Redis do, until it is ended.")

    @OptionGroup
    var databases: DatabaseOptions

    func run() async throws {
        let watch = DatabaseWatch(mysql: try databases.mysql, redis: try databases.redis) { line in
            // One call a line, so that lines of two threads do not mix. When the reader is gone, so is this.
            let bytes = Array((line + "\n").utf8)
            if write(STDOUT_FILENO, bytes, bytes.count) < 0 { Glibc.exit(1) }
        }
        try await watch.run()
    }
}
