import Foundation
import StoreBackends
import StoreServer
import TestSupport
import Testing

/// Orders that stand in MySQL and of which nobody tells Redis, as after the death of the store that placed them.
@Suite(.timed, .serialized, .onServers, WithServers(), .timeLimit(.minutes(10)))
struct LeftBehindTests {
    private let servers: Servers

    init() throws {
        servers = try #require(Servers.current)
    }

    /// SQL that places an order of user 1, of two units of product 1, and does not say so to Redis.
    private static let insertion = """
        START TRANSACTION; \
        INSERT INTO orders (user_id, total_amount) SELECT 1, 2 * price FROM products WHERE id = 1; \
        SET @order = LAST_INSERT_ID(); \
        INSERT INTO order_items (order_id, product_id, quantity, unit_price) \
        SELECT @order, 1, 2, price FROM products WHERE id = 1; \
        UPDATE stocks SET quantity = quantity - 2 WHERE product_id = 1;
        """

    private func client(_ sql: String) throws -> Child {
        try Child(servers.clientCommand + ["--execute", sql], log: servers.folder + "/client.log")
    }

    /// A client that has done `sql` and commits when there is a file at `path`, or after a minute.
    private func client(_ sql: String, committingAtSightOf path: String) throws -> Child {
        let script = """
            (echo "$1"; for i in $(seq 600); do test -e "$2" && break; sleep 0.1; done; echo "COMMIT;") \
            | (shift 2; exec "$@")
            """
        return try Child(
            ["sh", "-c", script, "sh", sql, path] + servers.clientCommand, log: servers.folder + "/client.log")
    }

    private func withStore(_ body: (DatabaseStore) async throws -> Void) async throws {
        try await servers.load(.generated(users: 5, products: 4, orders: 20, seed: 5))
        try await servers.withStore { store in
            // The first report waits for a mirror that is whole.
            _ = try await store.bestSellers()
            try await body(store)
        }
    }

    /// Waits until all orders up to an id have been compared with those in Redis.
    private func compared(upTo id: Int) async throws {
        let probe = try RedisProbe(servers.redis)
        for _ in 0..<6000 {
            if Int(try probe.text("GET", "mirror:compared-orders")) ?? 0 >= id { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("order \(id) was not compared within a minute")
    }

    private var order: NewOrder { NewOrder(userID: 2, items: [NewItem(productID: 3, quantity: 1)]) }

    @Test func anOrderOfWhichNobodyToldReachesAMirrorThatIsWhole() async throws {
        try await withStore { store in
            #expect(try await client(Self.insertion + "COMMIT").wait() == 0)
            _ = try await Audit(servers: servers).expectEqual()
            #expect(try RedisProbe(servers.redis).hash("order:21")["user_id"] == "1")
            #expect(try await store.order(21)?.items.map(\.quantity) == [2])
        }
    }

    /// Its id is below those of orders that were seen long before it.
    @Test func anOrderThatIsCommittedLongAfterLaterOnesIsNotMissed() async throws {
        try await withStore { store in
            let go = servers.folder + "/commit-\(UUID())"
            let slow = try client(Self.insertion, committingAtSightOf: go)
            var ids: [Int] = []
            var missing: Int?
            while ids.count < 60 || missing == nil {
                ids.append(try await store.placeOrder(order))
                missing = (21...ids[ids.count - 1]).first { !ids.contains($0) }
                try await Task.sleep(for: .milliseconds(50))
            }
            let late = try #require(missing)
            #expect(try RedisProbe(servers.redis).hash("order:\(late)").isEmpty)
            #expect(FileManager.default.createFile(atPath: go, contents: nil))
            #expect(await slow.wait() == 0)
            _ = try await Audit(servers: servers).expectEqual()
            #expect(try RedisProbe(servers.redis).hash("order:\(late)")["user_id"] == "1")
        }
    }

    @Test func anOrderThatRedisNeverSawMayBeDeleted() async throws {
        try await withStore { store in
            #expect(try await client(Self.insertion + "COMMIT").wait() == 0)
            #expect(try await store.deleteOrder(21))
            _ = try await Audit(servers: servers).expectEqual()
            // Past it: whoever looks for orders has compared a later one, and the deleted one with it.
            let later = try await store.placeOrder(order)
            try await compared(upTo: later)
            _ = try await Audit(servers: servers).expectEqual()
            #expect(try RedisProbe(servers.redis).hash("order:21").isEmpty)
        }
    }
}
