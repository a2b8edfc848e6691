/// How the store's data is laid out in Redis.
enum RedisKeys {
    static let orderPrefix = "order:"
    static let stockPrefix = "stock:"

    static func order(_ id: Int) -> String { "\(orderPrefix)\(id)" }
    static func stock(_ productID: Int) -> String { "\(stockPrefix)\(productID)" }

    /// Sorted sets behind the reports: cents by user and units by product.
    ///
    /// Redis orders equal scores by member, ascending. Scores are negated and members padded, so that the set's own
    /// order is the report's: largest first, then the smaller id.
    static let spenders = "report:highest-spenders"
    static let sellers = "report:best-sellers"

    static func member(_ id: Int) -> String {
        let digits = String(id)
        return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
    }

    /// There is while the mirror is whole: a name of this filling, and the run of Redis that it was made in.
    static let generation = "mirror:generation"
    /// Who fills the mirror just now.
    static let lock = "mirror:lock"
    /// Which replica tidies up just now.
    static let keeper = "mirror:keeper"
    /// Ids of changes that are in the mirror and still in MySQL's outbox.
    static let applied = "mirror:applied"
    /// Ids of changes that are no more in the outbox, by the time in milliseconds at which that was known.
    static let finished = "mirror:finished"
    /// Orders that were deleted, by the time in milliseconds at which Redis was told, until nobody can tell it any more
    /// that they were placed.
    static let deletedOrders = "mirror:deleted-orders"
    /// The highest id up to which all orders of MySQL are known to be here, or to be deleted.
    static let comparedOrders = "mirror:compared-orders"
    static let deletedProducts = "mirror:deleted-products"
    /// There is when a score has passed 2^53, beyond which Redis rounds it.
    static let inexact = "mirror:inexact"
}
