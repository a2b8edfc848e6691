extension GraphQL {
    /// What a field's resolver gets.
    struct Resolution: Sendable {
        /// The object whose field it is: what the resolver of the field above gave.
        var source: any Sendable
        /// By name, with defaults filled in.
        var arguments: [String: JSONValue]
        var schema: Schema
        var lookup: StockLookup

        func text(_ name: String) -> String {
            guard case .string(let text) = arguments[name] else { return "" }
            return text
        }

        func isTrue(_ name: String) -> Bool { arguments[name] == .bool(true) }
    }

    /// What a field's resolver gives.
    enum Resolved: Sendable {
        case null
        case int(Int)
        case decimal(Money)
        case string(String)
        case boolean(Bool)
        /// To be asked for the fields that the request selects.
        case object(any Sendable)
        case list([Resolved])

        static func optional(_ text: String?) -> Resolved { text.map(Resolved.string) ?? .null }
    }

    /// A value of the answer.
    indirect enum Output: Sendable {
        case null
        case int(Int)
        case decimal(Money)
        case string(String)
        case boolean(Bool)
        case list([Output])
        case object([(name: String, value: Output)])
    }

    /// Reads stock items for one request: each product once, and not more than the limit.
    actor StockLookup {
        private let store: any Store
        private var items: [Int: StockItem?] = [:]

        init(_ store: any Store) {
            self.store = store
        }

        /// - Parameter text: an id; for what is none there is no product.
        func item(_ text: String) async throws -> StockItem? {
            guard let id = Identifier.parse(text) else { return nil }
            if let known = items[id] { return known }
            guard items.count < Limits.lookups else {
                throw Failure(
                    message: "One request may ask for \(Limits.lookups) products at most.", code: "TOO_COMPLEX")
            }
            let item = try await store.stockItem(id)
            items[id] = .some(item)
            return item
        }
    }
}
