/// How the store's data is laid out in Redis.
enum RedisKeys {
    static let orderPrefix = "order:"

    static func order(_ id: Int) -> String { "\(orderPrefix)\(id)" }
    static func stock(_ productID: Int) -> String { "stock:\(productID)" }

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
}
