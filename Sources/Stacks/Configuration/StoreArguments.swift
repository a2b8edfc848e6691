import Model

extension Dataset {
    /// For `store load-dataset`.
    var storeArguments: [String] {
        switch self {
        case .course: ["--dataset", "course"]
        case .generated(let users, let products, let orders, let seed):
            ["--users", "\(users)", "--products", "\(products)", "--orders", "\(orders)", "--seed", "\(seed)"]
        }
    }
}

extension StackDefinition {
    /// For `store serve`.
    var poolArguments: [String] { storePool.map { ["--pool-size", "\($0)"] } ?? [] }
    var priceArguments: [String] { prices.map { ["--prices", $0.rawValue] } ?? [] }
    var fallbackArguments: [String] { fallback.map { ["--report-fallback", $0.rawValue] } ?? [] }
}
