import Foundation
import StoreBackends
import StoreServer
import TestSupport
import Testing

/// Orders by the procedures that come with the schema, by text, and while the procedures go away.
@Suite(.timed, .serialized, .onServers, WithServers(), .timeLimit(.minutes(10)))
struct OrderProcedureTests {
    private let servers: Servers
    private let metrics = Servers.metrics()

    init() throws {
        servers = try #require(Servers.current)
    }

    /// What MariaDB answers to `sql`, without headings.
    @discardableResult
    private func ask(_ sql: String) throws -> String {
        let log = "\(servers.folder)/answer-\(UUID().uuidString)"
        let client = try Child(servers.clientCommand + ["--skip-column-names", "--execute", sql], log: log)
        let status = client.waitBriefly()
        let answer = try String(contentsOfFile: log, encoding: .utf8)
        #expect(status == 0, "\(answer)")
        return answer
    }

    private func calls() throws -> Int {
        let words = try ask("SHOW GLOBAL STATUS LIKE 'Com_call_procedure'").split(whereSeparator: \.isWhitespace)
        return try #require(words.last.flatMap { Int($0) })
    }

    private var errors: [Int: Int] {
        Dictionary(uniqueKeysWithValues: metrics.mysqlErrors.values.filter { $0.count > 0 })
    }

    private func withStore(
        prices: PriceReads = .remembered, _ body: (DatabaseStore) async throws -> Void
    ) async throws {
        try await servers.load(.generated(users: 5, products: 4, orders: 0, seed: 5))
        // One connection, so that what it knows of the procedures is what the next order meets.
        try await servers.withStore(poolSize: 1, metrics: metrics, configure: { $0.prices = prices }) { store in
            // The first report waits for a mirror that is whole.
            _ = try await store.bestSellers()
            try await body(store)
        }
    }

    private func order(_ items: (Int, Int)...) -> NewOrder {
        NewOrder(userID: 3, items: items.map { NewItem(productID: $0.0, quantity: $0.1) })
    }

    /// Of one to four items, in no order, and with a product that comes twice.
    private var orders: [NewOrder] {
        [
            order((2, 3)), order((4, 1), (1, 2)), order((3, 1), (1, 5), (2, 1)),
            order((1, 1), (1, 2)), order((2, 1), (1, 1), (2, 4)), order((4, 1), (3, 1), (2, 1), (1, 1)),
        ]
    }

    private func place(_ new: NewOrder, in store: DatabaseStore) async throws {
        let placed = try #require(await store.order(try await store.placeOrder(new)))
        var total = Money.zero
        for (item, wanted) in zip(placed.items, new.items) {
            #expect(item.productID == wanted.productID && item.quantity == wanted.quantity)
            let price = try #require(await store.product(item.productID)?.price)
            #expect(item.unitPrice == price)
            total += try #require(price.times(item.quantity))
        }
        #expect(placed.items.count == new.items.count && placed.userID == new.userID && placed.total == total)
    }

    private func stocks(in store: DatabaseStore) async throws -> [Int?] {
        var stocks: [Int?] = []
        for product in 1...4 { stocks.append(try await store.stock(of: product)) }
        return stocks
    }

    @Test func ordersAreTheSameByProcedureAndByText() async throws {
        var taken: [[Int]] = []
        for hasProcedures in [true, false] {
            try await withStore { store in
                if !hasProcedures {
                    try ask((1...3).map { "DROP PROCEDURE place_order_\($0);" }.joined())
                }
                // The first order makes prices and procedures known, on a thread.
                try await place(order((1, 1)), in: store)
                let before = try await stocks(in: store)
                let called = try calls()
                for order in orders { try await place(order, in: store) }
                #expect(try calls() - called == (hasProcedures ? 3 : 0))
                taken.append(zip(before, try await stocks(in: store)).map { ($0 ?? 0) - ($1 ?? 0) })
            }
            #expect(try await Audit(servers: servers).differences() == [])
        }
        #expect(taken == [[12, 10, 2, 2], [12, 10, 2, 2]])
        #expect(errors == [:])
    }

    /// Orders of one to four products, one of them with a product twice.
    @Test(arguments: [(PriceReads.remembered, 0), (.perOrder, 6), (.perProduct, 13)])
    func pricesAreReadAsAsked(reads: PriceReads, queries: Int) async throws {
        try ask("SET GLOBAL log_output = 'TABLE', GLOBAL general_log = ON")
        try await withStore(prices: reads) { store in
            try await place(order((1, 1)), in: store)
            try ask("TRUNCATE mysql.general_log")
            for order in orders { try await place(order, in: store) }
            let seen = try ask(
                "SELECT COUNT(*) FROM mysql.general_log WHERE command_type = 'Execute' "
                    + "AND argument LIKE 'SELECT id, price FROM products%'")
            #expect(Int(seen.trimmingCharacters(in: .whitespacesAndNewlines)) == queries)
        }
        try ask("SET GLOBAL general_log = OFF")
        #expect(try await Audit(servers: servers).differences() == [])
    }

    @Test func aProcedureMayGoWhileOrdersArePlaced() async throws {
        try await withStore { store in
            try await place(order((1, 1)), in: store)
            let definition = try ask(
                "SELECT body FROM mysql.proc WHERE db = DATABASE() AND name = 'place_order_1'")
            #expect(definition.contains("COMMIT"))
            try ask("DROP PROCEDURE place_order_1")
            for _ in 0..<3 { try await place(order((1, 1)), in: store) }
            #expect(errors == [1305: 1])
            try await place(order((1, 1), (2, 1)), in: store)
        }
        #expect(try await Audit(servers: servers).differences() == [])
    }

    @Test func aUserWhoMayNotUseProceduresDoesWithout() async throws {
        try ask(
            """
            CREATE USER IF NOT EXISTS 'plain'@'127.0.0.1'; \
            GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES ON store_tests.* \
            TO 'plain'@'127.0.0.1'
            """)
        var plain = servers
        plain.mysql.user = "plain"
        try await plain.load(.generated(users: 5, products: 4, orders: 0, seed: 6))
        let called = try calls()
        try await plain.withStore(poolSize: 1, metrics: metrics) { store in
            _ = try await store.bestSellers()
            for order in orders + orders { try await place(order, in: store) }
        }
        #expect(try calls() == called)
        #expect(errors == [:])
        #expect(try await Audit(servers: servers).differences() == [])
    }

    @Test func aPriceThatChangedIsNotCharged() async throws {
        try await withStore { store in
            for order in orders { try await place(order, in: store) }
            for (index, order) in orders.enumerated() {
                try ask("UPDATE products SET price = price + 0.0\(index + 1)")
                try await place(order, in: store)
            }
        }
        #expect(try await Audit(servers: servers).differences() == [])
    }

    @Test func anOrderOfWhatIsGoneIsRefusedByProcedureToo() async throws {
        try await withStore { store in
            let added = try await store.addProduct(.init(name: "n", sku: "s", price: Money(cents: 5)))
            #expect(try await store.deleteOrder(try await store.placeOrder(order((added, 1)))))
            #expect(try await store.deleteProduct(added))
            let before = try await stocks(in: store)
            for new in [order((added, 1)), order((1, 1), (added, 1)), order((added, 1), (2, 1), (1, 1))] {
                await #expect(throws: StoreError.notFound("there is no product \(added)")) {
                    try await store.placeOrder(new)
                }
            }
            await #expect(throws: StoreError.notFound("there is no user 77")) {
                try await store.placeOrder(NewOrder(userID: 77, items: [NewItem(productID: 1, quantity: 1)]))
            }
            #expect(try await stocks(in: store) == before)
            #expect(try await store.orderCount() == 0)
        }
        #expect(try await Audit(servers: servers).differences() == [])
    }
}
