import StoreBackends
import StoreServer
import TestSupport
import Testing

/// The store over a real MariaDB and a real Redis.
@Suite(.timed, .serialized, .onServers, WithServers(), .timeLimit(.minutes(10)))
struct DatabaseStoreTests {
    private let servers: Servers
    private let metrics = Servers.metrics()

    init() throws {
        servers = try #require(Servers.current)
    }

    private func load(_ dataset: Dataset) async throws { try await servers.load(dataset) }

    private func withStore<Value>(
        _ mode: ReportReads = .mysql, redis: Bool = true, configure: (inout BackendConfiguration) -> Void = { _ in },
        _ body: (DatabaseStore) async throws -> Value
    ) async throws -> Value {
        try await servers.withStore(
            mode, poolSize: 6, metrics: metrics,
            configure: { configuration in
                if !redis { configuration.redis = nil }
                configure(&configuration)
            }, body)
    }

    /// Both reports in each mode; they must be the same in all.
    private func reports() async throws -> (spenders: [Spender], sellers: [BestSeller]) {
        var answers: [(spenders: [Spender], sellers: [BestSeller])] = []
        for mode in ReportReads.allCases {
            answers.append(
                try await withStore(mode) { store in
                    (spenders: try await store.highestSpenders().rows, sellers: try await store.bestSellers().rows)
                })
        }
        for answer in answers.dropFirst() {
            #expect(answer.spenders == answers[0].spenders)
            #expect(answer.sellers == answers[0].sellers)
        }
        return answers[0]
    }

    private func order(_ user: Int, _ items: (Int, Int)...) -> NewOrder {
        NewOrder(userID: user, items: items.map { NewItem(productID: $0.0, quantity: $0.1) })
    }

    @Test func theThreeModesGiveTheSameReports() async throws {
        let dataset = Dataset.generated(users: 150, products: 200, orders: 2000, seed: 7)
        try await load(dataset)
        let answer = try await reports()
        var spent: [Int: Int] = [:]
        for order in dataset.orders { spent[order.userID, default: 0] += order.total.cents }
        let expected = spent.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(10)
        #expect(answer.spenders.map(\.userID) == expected.map(\.key))
        #expect(answer.spenders.map(\.totalExpense.cents) == expected.map(\.value))
        #expect(answer.sellers.count == 10)
    }

    @Test func reportsAreEmptyWithoutOrders() async throws {
        try await load(.course)
        let answer = try await reports()
        #expect(answer.spenders.isEmpty)
        #expect(answer.sellers.isEmpty)
    }

    @Test func equalOnesStandByIDInEveryMode() async throws {
        try await load(.generated(users: 120, products: 120, orders: 0, seed: 1))
        try await withStore { store in
            for id in [115, 9, 100, 11, 1, 2, 20, 3, 12, 10, 99, 101] {
                _ = try await store.setStock(of: id, to: 5)
                _ = try await store.placeOrder(order(id, (50, 2)))
                _ = try await store.placeOrder(order(id, (id, 2)))
            }
        }
        let answer = try await reports()
        #expect(answer.sellers.map(\.productID) == [50, 1, 2, 3, 9, 10, 11, 12, 20, 99])
        #expect(answer.spenders.count == 10)
    }

    @Test func concurrentOrdersAndDeletionsKeepStock() async throws {
        let dataset = Dataset.generated(users: 20, products: 8, orders: 50, seed: 3)
        try await load(dataset)
        let kept = try await withStore { store in
            try await withThrowingTaskGroup(of: Int?.self) { group in
                for number in 0..<300 {
                    let products = [1 + number % 8, 1 + (number * 5 + 3) % 8, 1 + (number * 3 + 1) % 8]
                    let new = NewOrder(
                        userID: 1 + number % 20,
                        items: (number % 2 == 0 ? products : products.reversed()).map {
                            NewItem(productID: $0, quantity: 1 + number % 3)
                        })
                    group.addTask {
                        let id = try await store.placeOrder(new)
                        guard number % 3 == 0 else { return id }
                        #expect(try await store.deleteOrder(id))
                        return nil
                    }
                }
                return try await group.reduce(into: []) { ids, id in id.map { ids.append($0) } }
            }
        }
        #expect(kept.count == 200)
        var expected = Dictionary(uniqueKeysWithValues: zip(dataset.products.map(\.id), dataset.stocks))
        try await withStore { store in
            for id in kept {
                for item in try #require(await store.order(id)).items {
                    expected[item.productID, default: 0] -= item.quantity
                }
            }
            let probe = try RedisProbe(servers.redis)
            for (product, quantity) in expected {
                #expect(try await store.stock(of: product) == quantity)
                #expect(try probe.hash("stock:\(product)")["quantity"] == "\(quantity)")
            }
            #expect(try await store.orderCount() == 250)
        }
        _ = try await reports()
        #expect(metrics.redisErrors.value == 0)
    }

    @Test func aDeletedOrderLeavesNothing() async throws {
        try await load(.course)
        try await withStore { store in
            let id = try await store.placeOrder(order(2, (1, 2), (3, 5), (1, 1)))
            let placed = try #require(await store.order(id))
            #expect(placed.total.description == "6028.72")
            #expect(placed.items.map(\.quantity) == [2, 5, 1])
            #expect(try await store.stock(of: 1) == 997)
            #expect(try await store.stock(of: 3) == -3)
            #expect(try await store.deleteOrder(id))
            #expect(try await !store.deleteOrder(id))
            #expect(try await store.order(id) == nil)
            #expect(try await store.stock(of: 1) == 1000)
            #expect(try await store.stock(of: 3) == 2)
            #expect(try RedisProbe(servers.redis).hash("order:\(id)").isEmpty)
        }
        #expect(try await reports().sellers.isEmpty)
    }

    @Test func aDeletedUserTakesTheOrdersAlong() async throws {
        try await load(.course)
        try await withStore { store in
            let mine = try await store.placeOrder(order(1, (2, 4)))
            let other = try await store.placeOrder(order(2, (2, 1), (4, 1)))
            #expect(try await store.deleteUser(1))
            #expect(try await !store.deleteUser(1))
            #expect(try await store.order(mine) == nil)
            #expect(try await store.order(other) != nil)
            #expect(try await store.stock(of: 2) == 499)
        }
        #expect(try await reports().spenders.map(\.userID) == [2])
    }

    @Test func anOrderHasThePricesThatTheDatabaseHasNow() async throws {
        try await load(.generated(users: 5, products: 5, orders: 0, seed: 1))
        try await withStore { store in
            var prices: [Money] = []
            for seed in [1, 2] as [UInt64] {
                try await load(.generated(users: 5, products: 5, orders: 0, seed: seed))
                for _ in 0..<2 {
                    let placed = try #require(await store.order(try await store.placeOrder(order(2, (1, 3)))))
                    let price = try #require(await store.product(1)?.price)
                    #expect(placed.items.map(\.unitPrice) == [price] && placed.total == price.times(3))
                    prices.append(price)
                }
            }
            #expect(Set(prices).count == 2)

            let added = try await store.addProduct(.init(name: "n", sku: "s", price: Money(cents: 5)))
            #expect(try await store.deleteOrder(try await store.placeOrder(order(1, (added, 1)))))
            #expect(try await store.deleteProduct(added))
            await #expect(throws: StoreError.notFound("there is no product \(added)")) {
                try await store.placeOrder(order(1, (1, 1), (added, 1)))
            }
        }
    }

    @Test func whatCannotBeIsRefusedAndChangesNothing() async throws {
        try await load(.course)
        try await withStore { store in
            await #expect(throws: StoreError.notFound("there is no user 9")) {
                try await store.placeOrder(order(9, (1, 1)))
            }
            await #expect(throws: StoreError.notFound("there is no product 9")) {
                try await store.placeOrder(order(1, (1, 1), (9, 1)))
            }
            await #expect(
                throws: StoreError.conflict("at today's prices the order's total would be above 9999999999.99")
            ) {
                try await store.placeOrder(
                    NewOrder(userID: 1, items: Array(repeating: .init(productID: 1, quantity: 1_000_000), count: 6)))
            }
            await #expect(throws: StoreError.notFound("there is no product 9")) {
                try await store.setStock(of: 9, to: 1)
            }
            await #expect(throws: StoreError.conflict("there is a user with this email already")) {
                try await store.addUser(.init(name: "a", email: "alovelace@example.com"))
            }
            #expect(try await store.stock(of: 1) == 1000)
            _ = try await store.placeOrder(order(1, (1, 1)))
            await #expect(throws: StoreError.conflict("there are orders of product 1")) {
                try await store.deleteProduct(1)
            }
            #expect(try await store.stock(of: 1) == 999)
            #expect(try await store.orderCount() == 1)
        }
    }

    @Test func aStockThatTheDatabaseCannotKeepIsAConflict() async throws {
        try await load(.course)
        let full = StoreError.conflict("a stock would be more or less than the database keeps")
        func million(_ count: Int) -> NewOrder {
            NewOrder(userID: 1, items: Array(repeating: .init(productID: 3, quantity: 1_000_000), count: count))
        }
        let new = million(100)
        try await withStore { store in
            _ = try await store.setStock(of: 3, to: -1_000_000_000)
            var placed: [Int] = []
            for _ in 0..<11 { placed.append(try await store.placeOrder(new)) }
            await #expect(throws: full) { try await store.placeOrder(new) }
            #expect(try await store.deleteOrder(try await store.placeOrder(million(47))))
            let last = try await store.placeOrder(million(47))
            await #expect(throws: full) { try await store.placeOrder(order(1, (3, 1_000_000), (1, 1))) }
            await #expect(throws: full) { try await store.placeOrder(million(1)) }
            #expect(try await store.stock(of: 3) == -2_147_000_000)
            #expect(try await store.stock(of: 1) == 1000)
            #expect(try await store.deleteOrder(last))
            _ = try await store.setStock(of: 3, to: 1_000_000_000)
            placed.append(try await store.placeOrder(new))
            for id in placed[..<11] { #expect(try await store.deleteOrder(id)) }
            _ = try await store.setStock(of: 3, to: 1_000_000_000)
            let kept = try await store.placeOrder(new)
            for _ in 0..<11 { placed.append(try await store.placeOrder(new)) }
            _ = try await store.setStock(of: 3, to: 1_000_000_000)
            for id in placed.suffix(11) { #expect(try await store.deleteOrder(id)) }
            await #expect(throws: full) { try await store.deleteOrder(kept) }
            #expect(try await store.order(kept) != nil)
            await #expect(throws: full) { try await store.deleteUser(1) }
            #expect(try await store.stock(of: 3) == 2_100_000_000)
        }
        _ = try await Audit(servers: servers).expectEqual()
    }

    @Test func ordersBeyondTheStockAreRefusedWhereTheSettingSaysSo() async throws {
        try await load(.course)
        try await withStore(configure: { $0.allowsBackOrders = false }) { (store) async throws -> Void in
            await #expect(throws: StoreError.conflict("there are 2 of product 3 in stock, and 3 were ordered")) {
                try await store.placeOrder(order(1, (1, 1), (3, 2), (3, 1)))
            }
            #expect(try await store.stock(of: 1) == 1000)
            // Of ten that want one of the last two, two get it.
            let placed = await withTaskGroup { group in
                for _ in 0..<10 { group.addTask { (try? await store.placeOrder(order(2, (3, 1)))) != nil } }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(placed == 2)
            #expect(try await store.stock(of: 3) == 0)
        }
    }

    @Test func redisThatIsAwayStopsNoOrderAndItsReportsComeFromMySQLIfSoSet() async throws {
        try await load(.course)
        try await withStore(.redis, configure: { $0.redis?.port = 1 }) { (store) async throws -> Void in
            _ = try await store.placeOrder(order(2, (1, 1)))
            await #expect(throws: StoreError.unavailable("the mirror in Redis is not whole yet")) {
                try await store.highestSpenders()
            }
        }
        let expected = [Spender(userID: 2, totalExpense: Money(cents: 1999_99))]
        try await withStore(
            .redis,
            configure: { configuration in
                configuration.redis?.port = 1
                configuration.fallback = .mysql
            }
        ) { (store) async throws -> Void in
            #expect(try await store.highestSpenders().rows == expected)
        }
        #expect(metrics.mirror.fallbacks.value == 1)
        // Another store finds what was left.
        let found = try await withStore(.redis) { try await $0.highestSpenders().rows }
        #expect(found == expected)
    }

    /// The scores of a sorted set are binary floating point: beyond 2^53 cents they would be rounded.
    @Test func sumsBeyondWhatRedisKeepsExactlyComeFromMySQL() async throws {
        try await load(.course)
        try await withStore(.redis) { store in
            _ = try await store.placeOrder(order(3, (3, 1)))
            #expect(try await store.highestSpenders().rows.count == 1)
            _ = try RedisProbe(servers.redis).list(
                "ZINCRBY", "report:highest-spenders", "-9007199254740992", "0000000003")
            _ = try await store.placeOrder(order(3, (3, 1)))
            #expect(try await store.highestSpenders().rows == [Spender(userID: 3, totalExpense: Money(cents: 11_50))])
            #expect(metrics.mirror.fallbacks.value == 1)
        }
    }

    @Test func anOrderMayHaveManyItems() async throws {
        try await load(.generated(users: 1, products: 100, orders: 0, seed: 5))
        try await withStore { store in
            let new = NewOrder(userID: 1, items: (1...100).reversed().map { NewItem(productID: $0, quantity: $0) })
            let id = try await store.placeOrder(new)
            let placed = try #require(await store.order(id))
            #expect(placed.items.map(\.productID) == Array((1...100).reversed()))
            #expect(try await store.deleteOrder(id))
        }
        #expect(try await reports().sellers.isEmpty)
    }

    @Test func productsAndUsers() async throws {
        try await load(.course)
        try await withStore(.redis) { store in
            // The first report waits for a mirror that is whole.
            _ = try await store.highestSpenders()
            let name = "O'Brien \\ \"é\" 😀"
            let id = try await store.addProduct(.init(name: name, sku: "X", price: Money(cents: 99_999_999_99)))
            #expect(try await store.product(id)?.name == name)
            #expect(try await store.product(id)?.price.description == "99999999.99")
            #expect(try await store.stock(of: id) == nil)
            #expect(try await store.setStock(of: id, to: 5) == .added)
            #expect(try await store.setStock(of: id, to: 8) == .updated)
            #expect(try await store.setStock(of: id, to: 8) == .updated)
            #expect(
                try RedisProbe(servers.redis).hash("stock:\(id)") == [
                    "product_name": name, "product_sku": "X", "product_unit_price": "99999999.99", "quantity": "8",
                ])
            #expect(try await store.stockOverview().map(\.quantity) == [1000, 500, 2, 90, 8])
            #expect(try await store.deleteProduct(id))
            #expect(try await !store.deleteProduct(id))
            let user = try await store.addUser(.init(name: name, email: "o@store.example"))
            #expect(try await store.user(user)?.name == name)
        }
    }

    @Test func withoutRedisTheStoreStillTakesOrders() async throws {
        try await load(.course)
        try await withStore(.mysql, redis: false) { store in
            _ = try await store.placeOrder(order(1, (1, 1)))
            #expect(try await store.highestSpenders().rows == [Spender(userID: 1, totalExpense: Money(cents: 1999_99))])
        }
        await #expect(throws: StoreError.invalid("the mode redis needs Redis")) {
            try await withStore(.redis, redis: false) { _ in }
        }
    }
}
