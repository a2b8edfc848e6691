import StoreBackends
import StoreServer
import TestSupport
import Testing

@Suite(.timed) struct DatasetTests {
    @Test func theSameSeedGivesTheSameRows() {
        let one = Dataset.generated(users: 10, products: 20, orders: 500, seed: 42)
        #expect(one == .generated(users: 10, products: 20, orders: 500, seed: 42))
        #expect(one != .generated(users: 10, products: 20, orders: 500, seed: 43))
    }

    /// Fixed for good: a record of an old run must be comparable with a new one.
    @Test func theRowsOfASeedNeverChange() {
        let dataset = Dataset.generated(users: 10, products: 20, orders: 3, seed: 42)
        #expect(dataset.products.prefix(3).map(\.price.description) == ["371.04", "140.02", "19.97"])
    }

    @Test func ordersAreAsDescribed() {
        let dataset = Dataset.generated(users: 10, products: 20, orders: 2000, seed: 1)
        var sold = [Int](repeating: 0, count: 20)
        for order in dataset.orders {
            #expect((1...5).contains(order.items.count))
            #expect((1...10).contains(order.userID))
            #expect(order.total.cents == order.items.reduce(0) { $0 + $1.unitPrice.cents * $1.quantity })
            for item in order.items {
                #expect((1...3).contains(item.quantity))
                sold[item.productID - 1] += item.quantity
            }
        }
        #expect(Set(dataset.orders.map(\.items.count)) == [1, 2, 3, 4, 5])
        #expect(Set(dataset.orders.map(\.userID)).count == 10)
        for (stock, units) in zip(dataset.stocks, sold) { #expect((500...1500).contains(stock + units)) }
    }

    /// Whoever knows the lab knows these rows.
    @Test func theCoursesRowsAreItsOwn() {
        let course = Dataset.course
        #expect(course.users.map(\.name) == ["Ada Lovelace", "Adele Goldberg", "Alan Turing"])
        #expect(
            course.users.map(\.email) == ["alovelace@example.com", "agoldberg@example.com", "aturing@example.com"])
        #expect(
            course.products.map { "\($0.name) \($0.sku) \($0.price)" } == [
                "Laptop ABC LP12567 1999.99", "Keyboard DEF KB67890 59.50", "Gadget XYZ GG12345 5.75",
                "27-inch Screen WYZ SC27289 299.75",
            ])
        #expect(course.stocks == [1000, 500, 2, 90])
    }

    @Test func nothingIsAlsoADataset() {
        let dataset = Dataset.generated(users: 0, products: 0, orders: 0, seed: 1)
        #expect(dataset.users.isEmpty && dataset.products.isEmpty && dataset.stocks.isEmpty && dataset.orders.isEmpty)
    }
}

@Suite(.timed, .serialized, .onServers, WithServers(), .timeLimit(.minutes(10)))
struct DatasetLoaderTests {
    private let servers: Servers

    init() throws {
        servers = try #require(Servers.current)
    }

    /// All that the store and Redis say of a data set.
    private struct Contents: Equatable {
        var stock: [StockLine] = []
        var orders: [Order?] = []
        var redis: [String: [String: String]] = [:]
        var rankings: [[String]] = []
    }

    private func contents(orders: Int, products: Int) async throws -> Contents {
        var contents = try await servers.withStore(.mysql, configure: { $0.redis = nil }) { store in
            var contents = Contents(stock: try await store.stockOverview())
            for id in 1...orders + 1 { contents.orders.append(try await store.order(id)) }
            return contents
        }
        let probe = try RedisProbe(servers.redis)
        for key in try probe.list("KEYS", "order:*") + probe.list("KEYS", "stock:*") {
            contents.redis[key] = try probe.hash(key)
        }
        for key in ["report:highest-spenders", "report:best-sellers"] {
            contents.rankings.append(try probe.list("ZRANGE", key, "0", "-1", "WITHSCORES"))
        }
        return contents
    }

    @Test func bothDatabasesHoldTheSameAndTheSameTwice() async throws {
        let dataset = Dataset.generated(users: 30, products: 40, orders: 300, seed: 9)
        let loader = DatasetLoader(mysql: servers.mysql, redis: servers.redis)
        try await loader.load(.generated(users: 5, products: 5, orders: 400, seed: 1), schema: Schema.read())
        try await loader.load(dataset, schema: Schema.read())
        let first = try await contents(orders: 300, products: 40)
        try await loader.load(dataset, schema: Schema.read())
        #expect(try await contents(orders: 300, products: 40) == first)
        #expect(try await loader.orderCount() == 300)

        #expect(first.orders == dataset.orders + [nil])
        #expect(first.stock.map(\.quantity) == dataset.stocks)
        #expect(first.redis.count == 340)
        for (index, order) in dataset.orders.enumerated() {
            let items = order.items.map {
                #"{"product_id":\#($0.productID),"quantity":\#($0.quantity),"unit_price":\#($0.unitPrice)}"#
            }
            #expect(
                first.redis["order:\(index + 1)"] == [
                    "user_id": "\(order.userID)", "total_amount": "\(order.total)",
                    "items": "[\(items.joined(separator: ","))]",
                ])
        }
        for (line, product) in zip(first.stock, dataset.products) {
            #expect(
                first.redis["stock:\(product.id)"] == [
                    "product_name": line.name, "product_sku": line.sku, "product_unit_price": "\(line.price)",
                    "quantity": "\(line.quantity)",
                ])
        }
    }

    /// A Redis with a small CPU quota answers late.
    @Test func aSlowRedisIsWaitedFor() async throws {
        let loader = DatasetLoader(mysql: servers.mysql, redis: servers.redis)
        let probe = try RedisProbe(servers.redis)
        _ = try probe.text("CLIENT", "PAUSE", "2500")
        try await loader.load(.generated(users: 5, products: 5, orders: 20, seed: 1), schema: Schema.read())
        #expect(try probe.list("KEYS", "order:*").count == 20)
    }

    @Test func aMissingServerIsAnError() async throws {
        var mysql = servers.mysql
        mysql.port = 1
        await #expect(throws: (any Error).self) {
            try await DatasetLoader(mysql: mysql, redis: nil).load(.course, schema: Schema.read())
        }
    }
}
