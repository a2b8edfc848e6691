/// What is brought up and measured.
package struct StackDefinition: Codable, Sendable, Equatable {
    package var backend: Backend
    /// Number of store processes, 1 or more.
    package var replicas: Int
    /// One policy, or several: each is measured in turn with the same load.
    package var balancers: [Balancer]
    /// CPU limit of each replica in cores; nil for none.
    package var storeCPUs: Double?
    package var dataset: Dataset

    package init(
        backend: Backend, replicas: Int, balancers: [Balancer], storeCPUs: Double?, dataset: Dataset
    ) {
        self.backend = backend
        self.replicas = replicas
        self.balancers = balancers
        self.storeCPUs = storeCPUs
        self.dataset = dataset
    }
}

/// Where the store's report reads come from. Writes always go to MySQL.
package enum Backend: String, Codable, Sendable, CaseIterable {
    /// Aggregated in SQL at each call.
    case mysql
    /// Read from sorted sets that every order keeps up to date.
    case redis
    /// Summed from every order's hash at each call.
    case redisScan = "redis-scan"
}

/// How requests are spread over the replicas. `none` sends them to the only replica without a proxy.
package enum Balancer: String, Codable, Sendable, CaseIterable {
    case none
    case roundRobin = "round_robin"
    case leastConnections = "least_conn"
    case ipHash = "ip_hash"
    case random
}

/// The rows in the databases before the load.
package enum Dataset: Codable, Sendable, Equatable {
    /// The course's own: 3 users, 4 products with their stock, no orders.
    case course
    /// Seeded, so that every experiment starts from the same rows.
    case generated(users: Int, products: Int, orders: Int, seed: UInt64)

    package var users: Int {
        switch self {
        case .course: 3
        case .generated(let users, _, _, _): users
        }
    }

    package var products: Int {
        switch self {
        case .course: 4
        case .generated(_, let products, _, _): products
        }
    }

    package var orders: Int {
        switch self {
        case .course: 0
        case .generated(_, _, let orders, _): orders
        }
    }
}
