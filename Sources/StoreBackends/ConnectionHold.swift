/// Logs in at MySQL as often as it is told, and keeps these connections without using them. One that does not log in is
/// closed after the server's `connect_timeout`, 10 s by default; one that does stays for its `wait_timeout`, 8 hours.
package struct ConnectionHold: Sendable {
    private var mysql: MySQLConfiguration
    private let connections: Int
    private let print: @Sendable (String) -> Bool

    private static let pause = 100
    /// Between two looks whether those that it has are still connections.
    private static let looksEvery = 10

    /// - Parameter print: takes lines such as `held 12`, and says whether anyone reads on.
    package init(mysql: MySQLConfiguration, connections: Int, print: @escaping @Sendable (String) -> Bool) {
        self.mysql = mysql
        self.mysql.timeoutSeconds = 5
        self.connections = connections
        self.print = print
    }

    /// Until nobody reads on.
    package func run() async throws {
        try await onThread { hold() }
    }

    private func hold() {
        var held: [MySQLConnection] = []
        defer { held.forEach { $0.close() } }
        var told: Int?
        for round in 0... {
            let looks = round % Self.looksEvery == 0
            if looks {
                let lost = held.filter { !$0.answers }
                lost.forEach { $0.close() }
                held.removeAll { connection in lost.contains { $0 === connection } }
            }
            // The first that is refused says that the next would be too.
            while held.count < connections, let new = try? MySQLConnection(mysql, database: nil) { held.append(new) }
            if looks || told != held.count {
                told = held.count
                guard print("held \(held.count)") else { return }
            }
            MonotonicClock.pause(milliseconds: Self.pause)
        }
    }
}
