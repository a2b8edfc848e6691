import Foundation
import Model
import Stacks

/// A stack and the pairs that are measured on it.
struct Comparison: Sendable {
    typealias Measure = @Sendable (Pairing) async throws -> Pairing.Outcome?

    var titles: [String]
    var run: @Sendable (Arena, @escaping Measure) async throws -> [Pairing.Outcome]

    static let all = [redisReports, mysqlReports] + ReportReads.allCases.map(orders)

    private static let reports = ["highest-spenders", "best-sellers"]

    /// Connections to the store where it only reads Redis.
    private static let readers = 50
    /// As many as the store has to MySQL, so that both sides load the database alike.
    private static let clients = 8

    /// Against a bare route with the same bytes, and with many orders against with none.
    private static let redisReports = Comparison(
        titles: reports.flatMap { ["redis: \($0), to a bare route", "redis: \($0), 100,000 orders to none"] }
    ) { arena, measure in
        let wrk = Wrk(connections: readers, seconds: arena.seconds)
        return try await arena.withStack(.redis, orders: 100_000) { full in
            try await arena.withStack(.redis, orders: 0) { empty in
                var outcomes: [Pairing.Outcome?] = []
                for report in reports {
                    let (url, emptyURL) = (full.url(report), empty.url(report))
                    let store = Contestant(name: "store") { try await wrk.rate(url) }
                    let bare = try await arena.withBare(try await get(url)) { bareURL in
                        try await measure(
                            Pairing(
                                title: "redis: \(report), to a bare route", store: store,
                                peer: Contestant(name: "bare route") { try await wrk.rate(bareURL) }, goal: 0.7))
                    }
                    outcomes.append(bare)
                    outcomes.append(
                        try await measure(
                            Pairing(
                                title: "redis: \(report), 100,000 orders to none", store: store,
                                peer: Contestant(name: "no orders") { try await wrk.rate(emptyURL) }, goal: 1)))
                }
                return outcomes.compactMap(\.self)
            }
        }
    }

    /// Against the same statement sent by `mariadb-slap`.
    private static let mysqlReports = Comparison(titles: reports.map { "mysql: \($0), to mariadb-slap" }) {
        arena, measure in
        let wrk = Wrk(connections: clients, seconds: arena.seconds)
        return try await arena.withStack(.mysql, orders: 5_000) { stack in
            var outcomes: [Pairing.Outcome?] = []
            for report in reports {
                let (url, port) = (stack.url(report), try stack.databasePort)
                let slap = Slap(port: port, connections: clients, statements: [Statements.report(report)])
                outcomes.append(
                    try await measure(
                        Pairing(
                            title: "mysql: \(report), to mariadb-slap",
                            store: Contestant(name: "store") { try await wrk.rate(url) },
                            peer: Contestant(name: "mariadb-slap") { try await slap.rate(seconds: arena.seconds) },
                            goal: 0.9)))
            }
            return outcomes.compactMap(\.self)
        }
    }

    /// Against the same transaction sent by `mariadb-slap`, each commit durable in both.
    private static func orders(_ backend: ReportReads) -> Comparison {
        let title = "\(backend.rawValue): POST /orders, to mariadb-slap"
        return Comparison(titles: [title]) { arena, measure in
            let script = arena.folder + "/order.lua"
            try Data(Statements.orderScript.utf8).write(to: URL(fileURLWithPath: script))
            let wrk = Wrk(connections: clients, seconds: arena.seconds, script: script)
            return try await arena.withStack(backend, orders: 5_000) { stack in
                let url = "http://\(stack.endpoint.address)/orders"
                let slap = Slap(
                    port: try stack.databasePort, connections: clients, prelude: Statements.orderPrelude,
                    statements: Statements.order)
                let outcome = try await measure(
                    Pairing(
                        title: title, store: Contestant(name: "store") { try await wrk.rate(url) },
                        peer: Contestant(name: "mariadb-slap") { try await slap.rate(seconds: arena.seconds) },
                        goal: 0.75))
                return [outcome].compactMap(\.self)
            }
        }
    }
}

extension RunningStack {
    fileprivate func url(_ report: String) -> String { "http://\(endpoint.address)/orders/reports/\(report)" }

    fileprivate var databasePort: Int {
        get throws {
            let address = components.first { $0.role == .database }?.address
            guard let port = address?.split(separator: ":").last.flatMap({ Int($0) }) else {
                throw BenchmarkFailure(description: "the stack has no database")
            }
            return port
        }
    }
}
