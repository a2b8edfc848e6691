import Foundation
import StoreBackends
import StoreServer
import Synchronization
import TestSupport
import Testing

/// Reports in the mode `redis`, which many requests get by one read over a connection of their event loop.
@Suite(.timed, .serialized, .onServers, WithServers(), .timeLimit(.minutes(10)))
struct SharedReadTests {
    private let servers: Servers

    init() throws {
        servers = try #require(Servers.current)
    }

    private func withFleet(_ body: (StoreFleet) async throws -> Void) async throws {
        try await servers.load(.generated(users: 5, products: 4, orders: 20, seed: 5))
        let fleet = try await StoreFleet([.redis, .redis], over: servers)
        defer { fleet.stop() }
        for port in fleet.ports { try await expectReport(port) }
        try await body(fleet)
    }

    /// Waits for a mirror that is whole.
    private func expectReport(_ port: Int) async throws {
        try await until { HTTPClient(port: port).ask("GET", "/orders/reports/best-sellers")?.status == 200 }
    }

    /// - Returns: nil where there is no report.
    private static func sold(_ product: Int, in answer: HTTPClient.Answer?) -> Int? {
        guard let answer, answer.status == 200 else { return nil }
        let rows = try? JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [[String: Int]]
        let row = rows?.first { $0["product_id"] == product }
        return row?["quantity_sold"] ?? 0
    }

    /// Each client has a product of its own, and asks another store than the one that took its order.
    @Test func aReportHoldsWhatWasAnsweredBeforeItWasAskedFor() async throws {
        try await withFleet { fleet in
            let ports = fleet.ports
            let late = Mutex<[String]>([])
            let reports = Counter()
            try await clients(4) { number in
                let writer = HTTPClient(port: ports[number % 2])
                let readers = ports.map(HTTPClient.init)
                let product = number + 1
                let read = { (client: HTTPClient) in
                    Self.sold(product, in: client.ask("GET", "/orders/reports/best-sellers"))
                }
                guard let start = read(readers[0]) else { return late.withLock { $0.append("no first report") } }
                for step in 1...100 {
                    let body = #"{"user_id":1,"items":[{"product_id":\#(product),"quantity":1}]}"#
                    guard writer.ask("POST", "/orders", body)?.status == 201 else {
                        return late.withLock { $0.append("an order was refused") }
                    }
                    for reader in readers {
                        let sold = read(reader)
                        reports.increment()
                        if sold != start + step { late.withLock { $0.append("\(start + step): \(sold as Int?)") } }
                    }
                }
            }
            #expect(late.withLock { $0 } == [])
            #expect(reports.value == 800)
        }
    }

    /// The connections of the loops are those that ran a transaction last.
    @Test func aReadWhoseConnectionIsLostIsDoneOverAnother() async throws {
        try await withFleet { fleet in
            let port = fleet.ports[0]
            let ends = Mutex(false)
            let (good, bad) = (Counter(), Counter())
            async let readers: Void = clients(8) { _ in
                let client = HTTPClient(port: port)
                while !ends.withLock({ $0 }) {
                    let isGood = client.ask("GET", "/orders/reports/highest-spenders")?.status == 200
                    (isGood ? good : bad).increment()
                }
            }
            let killed = Counter()
            for _ in 0..<50 {
                let before = good.value
                try await until { good.value > before + 20 || bad.value > 0 }
                let probe = try RedisProbe(servers.redis)
                for line in try probe.text("CLIENT", "LIST").split(whereSeparator: \.isNewline) {
                    let words = line.split(separator: " ")
                    guard words.contains("cmd=exec"), let id = words.first?.dropFirst("id=".count) else { continue }
                    _ = try probe.text("CLIENT", "KILL", "ID", String(id))
                    killed.increment()
                }
            }
            ends.withLock { $0 = true }
            try await readers
            #expect(bad.value == 0)
            #expect(killed.value >= 50)
            #expect(good.value > 1000)
        }
    }

    @Test func reportsOfARedisThatHangsAreRefusedInTimeAndComeAgain() async throws {
        try await withFleet { fleet in
            let port = fleet.ports[0]
            let start = ContinuousClock.now
            let statuses = Mutex<[Int?]>([])
            try await servers.processes.withPausedRedis {
                try await clients(6) { _ in
                    let answer = HTTPClient(port: port).ask("GET", "/orders/reports/best-sellers")
                    statuses.withLock { $0.append(answer?.status) }
                }
            }
            #expect(statuses.withLock { $0 } == Array(repeating: 503, count: 6))
            // The limit of one answer is 2 s, and that of a client here 10 s.
            #expect(ContinuousClock.now - start < .seconds(9))
            // Over several connections, so that each loop is asked.
            for _ in 0..<8 { try await expectReport(port) }
        }
    }

    /// From outside of every event loop, and while they come, the store is closed.
    @Test func readsOfAStoreThatIsClosedEnd() async throws {
        try await servers.load(.generated(users: 5, products: 4, orders: 20, seed: 5))
        try await servers.withStore { store in
            #expect(try await store.bestSellers().rows.count == 4)
            let ended = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        do {
                            return try await store.bestSellers().rows.count == 4
                        } catch StoreError.unavailable {
                            return true
                        }
                    }
                }
                await store.close()
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(ended == 200)
            await #expect(throws: StoreError.self) { try await store.bestSellers() }
        }
    }
}
