/// What the routes need of the databases. Every call may throw `StoreError`.
package protocol Store: Sendable {
    /// - Returns: the order's id.
    /// - Throws: `notFound` for an unknown user or product.
    func placeOrder(_ order: NewOrder) async throws -> Int
    /// - Returns: nil when there is none with this id; so for every `Bool` and optional below.
    func order(_ id: Int) async throws -> Order?
    /// Puts the items back in stock.
    func deleteOrder(_ id: Int) async throws -> Bool

    func addProduct(_ product: NewProduct) async throws -> Int
    func product(_ id: Int) async throws -> Product?
    /// - Throws: `conflict` when there are orders of it.
    func deleteProduct(_ id: Int) async throws -> Bool

    /// - Throws: `conflict` when the email is taken.
    func addUser(_ user: NewUser) async throws -> Int
    func user(_ id: Int) async throws -> User?
    /// Deletes the user's orders too, and puts their items back in stock.
    func deleteUser(_ id: Int) async throws -> Bool

    /// - Throws: `notFound` for an unknown product.
    func setStock(of productID: Int, to quantity: Int) async throws -> StockChange
    func stock(of productID: Int) async throws -> Int?
    /// A product with its stock, from Redis; from MySQL where there is no Redis.
    func stockItem(_ productID: Int) async throws -> StockItem?
    /// Every stock, by product id.
    func stockOverview() async throws -> [StockLine]

    /// The ten who spent most, largest first, equal ones by id.
    func highestSpenders() async throws -> Report<Spender>
    /// The ten most sold, largest first, equal ones by id.
    func bestSellers() async throws -> Report<BestSeller>
}

/// How many rows a report has at most.
package let reportLength = 10

/// Why a store did not do what it was asked. The message is for the client and holds nothing internal.
package enum StoreError: Error, Sendable, Equatable {
    /// 400: the request can never succeed as it is.
    case invalid(String)
    /// 404: it names something that does not exist.
    case notFound(String)
    /// 409: it contradicts what is stored.
    case conflict(String)
    /// 503: a database is down or overloaded; the same request may succeed after `retryAfter` seconds.
    case unavailable(String, retryAfter: Int = 1)

    package var message: String {
        switch self {
        case .invalid(let message), .notFound(let message), .conflict(let message), .unavailable(let message, _):
            message
        }
    }
}
