import Glibc
import StoreBackends
import StoreServer
import Synchronization
import TestSupport
import Testing

/// Several stores over databases that commit durably, asked over HTTP by many clients.
///
/// `./storelab test --full` runs them at full length: 20,000 requests, and ten crashes of each program.
@Suite(.timed, .serialized, .onServers, WithServers(), .timeLimit(.minutes(10)))
struct CrashTests {
    private let servers: Servers
    private let dataset = Dataset.generated(users: 10, products: 4, orders: 0, seed: 11)
    private static let modes: [ReportReads] = [.mysql, .redis, .redisScan]

    init() throws {
        servers = try #require(Servers.current)
    }

    private func withFleet(_ body: (StoreFleet) async throws -> Void) async throws {
        try await DatasetLoader(mysql: servers.mysql, redis: servers.redis).load(dataset, schema: Schema.read())
        let fleet = try await StoreFleet(Self.modes, over: servers)
        defer { fleet.stop() }
        try await body(fleet)
    }

    @Test func manyClientsLeaveEveryFigureRight() async throws {
        try await withFleet { fleet in
            let book = OrderBook()
            let share = (Tier.isFull ? 20_000 : 3_200) / 64
            let ports = fleet.ports
            try await clients(64) { number in
                let client = HTTPClient(port: ports[number % ports.count])
                var mine: [Int] = []
                for step in 0..<share { #expect(book.act(client, number: number * 7919 + step * 31, mine: &mine)) }
            }
            #expect(book.surprises.isEmpty)
            _ = try await Audit(servers: servers).expectEqual()
            try await Audit(servers: servers).check(book, start: dataset.stocks)
            try checkReports(ports, book)
        }
    }

    /// All users and products are in each report, so its sum is the sum of all orders.
    private func checkReports(_ ports: [Int], _ book: OrderBook) throws {
        let standing = book.entries.filter { $0.value.stands == true }
        let units = standing.keys.reduce(0, +)
        let cents = standing.reduce(0) { $0 + $1.key * dataset.products[$1.value.product - 1].price.cents }
        for port in ports {
            let client = HTTPClient(port: port)
            let sellers = try rows(client.ask("GET", "/orders/reports/best-sellers"))
            #expect(sellers.reduce(0) { $0 + (Int($1["quantity_sold"] ?? "") ?? 0) } == units)
            let spenders = try rows(client.ask("GET", "/orders/reports/highest-spenders"))
            #expect(spenders.reduce(0) { $0 + (Money($1["total_expense"] ?? "")?.cents ?? 0) } == cents)
        }
    }

    private func rows(_ answer: HTTPClient.Answer?) throws -> [[String: String]] {
        let answer = try #require(answer)
        guard answer.status == 200, case .array(let rows) = try JSONParser.parse(answer.body) else {
            Issue.record("no report: \(answer.status) \(answer.body)")
            return []
        }
        return rows.map { row in
            guard case .object(let members) = row else { return [:] }
            return members.compactMapValues { if case .number(let text) = $0 { text } else { nil } }
        }
    }

    private enum Victim: String, CaseIterable {
        case store, redis, mysql
    }

    @Test func nothingIsLostOrDoubledWhenAProgramIsKilled() async throws {
        try await withFleet { fleet in
            let book = OrderBook()
            var slowest = Duration.zero
            for round in 0..<(Tier.isFull ? 10 : 2) {
                for victim in Victim.allCases {
                    try await underLoad(fleet.ports, book) { await crash(victim, round, fleet) }
                    slowest = max(slowest, try await Audit(servers: servers).expectEqual())
                    try await expectReports(fleet.ports)
                    try await Audit(servers: servers).check(book, start: dataset.stocks)
                }
            }
            #expect(book.surprises.isEmpty)
            print(
                "killed \(Tier.isFull ? 10 : 2) times each; \(book.acknowledged) acknowledged; equal within \(slowest)")
        }
    }

    private func crash(_ victim: Victim, _ round: Int, _ fleet: StoreFleet) async {
        do {
            switch victim {
            case .store: try await fleet.crash(round % 3, as: Self.modes[round % 3])
            case .redis: try await servers.processes.crashRedis(servers)
            case .mysql: try await servers.processes.crashMySQL(servers)
            }
        } catch {
            Issue.record(error)
        }
    }

    /// Every store gives reports again, all the same.
    private func expectReports(_ ports: [Int]) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let answers = ports.map { HTTPClient(port: $0).ask("GET", "/orders/reports/highest-spenders") }
            if answers.allSatisfy({ $0?.status == 200 && $0 == answers[0] }) { return }
            guard ContinuousClock.now < deadline else {
                Issue.record("reports differ: \(answers)")
                return
            }
            try await ContinuousClock().sleep(for: .milliseconds(20))
        }
    }

    /// Sixteen clients order and delete; `event` comes after some of their requests, and some more follow it.
    private func underLoad(_ ports: [Int], _ book: OrderBook, _ event: () async -> Void) async throws {
        let ends = Mutex(false)
        async let load: Void = clients(16) { number in
            let client = HTTPClient(port: ports[number % ports.count])
            var random = SystemRandomNumberGenerator()
            var mine: [Int] = []
            while !ends.withLock({ $0 }) {
                if !book.act(client, number: .random(in: 0..<1_000_000, using: &random), mine: &mine) { usleep(10_000) }
            }
        }
        await reach(book.acknowledged + .random(in: 50...400), book)
        await event()
        await reach(book.acknowledged + 100, book)
        ends.withLock { $0 = true }
        try await load
    }

    private func reach(_ count: Int, _ book: OrderBook) async {
        let deadline = ContinuousClock.now + .seconds(120)
        while book.acknowledged < count {
            guard ContinuousClock.now < deadline else {
                Issue.record("the stores take no orders any more")
                return
            }
            try? await ContinuousClock().sleep(for: .milliseconds(2))
        }
    }
}
