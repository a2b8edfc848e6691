import StoreServer
import Synchronization

/// A store without databases, as strict about ids as the real one.
final class MemoryStore: Store {
    private struct State {
        var users: [Int: User] = [1: User(id: 1, name: "Alice", email: "alice@store.example")]
        var products: [Int: Product] = [
            1: Product(id: 1, name: "Thé \"vert\"", sku: "T-1", price: Money(cents: 1999_99))
        ]
        var stocks: [Int: Int] = [1: 10]
        var orders: [Int: Order] = [:]
        var lastID = 1
        var failure: (any Error)?

        mutating func nextID() -> Int {
            lastID += 1
            return lastID
        }
    }

    private let state = Mutex(State())

    /// From now on every call throws it.
    func fail(with error: any Error) {
        state.withLock { $0.failure = error }
    }

    private func with<Value>(_ body: (inout State) throws -> Value) throws -> Value {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return try body(&state)
        }
    }

    func placeOrder(_ order: NewOrder) async throws -> Int {
        try with { state in
            guard state.users[order.userID] != nil else { throw StoreError.notFound("there is no user") }
            let items = try order.items.map { item in
                guard let product = state.products[item.productID] else {
                    throw StoreError.notFound("there is no product \(item.productID)")
                }
                return OrderItem(productID: item.productID, quantity: item.quantity, unitPrice: product.price)
            }
            let total = items.reduce(0) { $0 + $1.unitPrice.cents * $1.quantity }
            let id = state.nextID()
            state.orders[id] = Order(userID: order.userID, total: Money(cents: total), items: items)
            for item in items { state.stocks[item.productID, default: 0] -= item.quantity }
            return id
        }
    }

    func order(_ id: Int) async throws -> Order? { try with { $0.orders[id] } }

    func deleteOrder(_ id: Int) async throws -> Bool {
        try with { state in
            guard let order = state.orders.removeValue(forKey: id) else { return false }
            for item in order.items { state.stocks[item.productID, default: 0] += item.quantity }
            return true
        }
    }

    func addProduct(_ product: NewProduct) async throws -> Int {
        try with { state in
            let id = state.nextID()
            state.products[id] = Product(id: id, name: product.name, sku: product.sku, price: product.price)
            return id
        }
    }

    func product(_ id: Int) async throws -> Product? { try with { $0.products[id] } }

    func deleteProduct(_ id: Int) async throws -> Bool { try with { $0.products.removeValue(forKey: id) != nil } }

    func addUser(_ user: NewUser) async throws -> Int {
        try with { state in
            let id = state.nextID()
            state.users[id] = User(id: id, name: user.name, email: user.email)
            return id
        }
    }

    func user(_ id: Int) async throws -> User? { try with { $0.users[id] } }

    func deleteUser(_ id: Int) async throws -> Bool { try with { $0.users.removeValue(forKey: id) != nil } }

    func setStock(of productID: Int, to quantity: Int) async throws -> StockChange {
        try with { state in
            guard state.products[productID] != nil else { throw StoreError.notFound("there is no product") }
            return state.stocks.updateValue(quantity, forKey: productID) == nil ? .added : .updated
        }
    }

    func stock(of productID: Int) async throws -> Int? { try with { $0.stocks[productID] } }

    func stockItem(_ productID: Int) async throws -> StockItem? {
        try with { state in
            state.products[productID].map { product in
                StockItem(
                    productID: product.id, name: product.name, sku: product.sku, price: product.price,
                    quantity: state.stocks[product.id] ?? 0)
            }
        }
    }

    func stockOverview() async throws -> [StockLine] {
        try with { state in
            state.stocks.sorted { $0.key < $1.key }.compactMap { id, quantity in
                state.products[id].map { StockLine(name: $0.name, sku: $0.sku, price: $0.price, quantity: quantity) }
            }
        }
    }

    func highestSpenders() async throws -> Report<Spender> {
        try with { state in
            var spent: [Int: Money] = [:]
            for order in state.orders.values { spent[order.userID, default: .zero] += order.total }
            return Report(spent.map { Spender(userID: $0.key, totalExpense: $0.value) })
        }
    }

    func bestSellers() async throws -> Report<BestSeller> {
        try with { state in
            var sold: [Int: Int] = [:]
            for item in state.orders.values.flatMap(\.items) { sold[item.productID, default: 0] += item.quantity }
            return Report(sold.map { BestSeller(productID: $0.key, quantitySold: $0.value) })
        }
    }
}
