/// What is brought up and measured.
package struct StackDefinition: Codable, Sendable, Equatable {
    package var subject: StackSubject
    /// Of the store; it says nothing of other subjects.
    package var backend: ReportReads
    /// Where the store reads its reports while Redis does not answer; nil for its default, which is nowhere.
    package var fallback: ReportFallback?
    /// How the store learns the prices of an order's products; nil for its default, which remembers them.
    package var prices: PriceReads?
    /// Number of store processes, 1 or more.
    package var replicas: Int
    /// One policy, or several: each is measured in turn with the same load.
    package var balancers: [Balancer]
    /// CPU limit of each replica in cores; nil for none.
    package var storeCPUs: Double?
    /// Connections of each replica to each database; nil for the store's default.
    package var storePool: Int?
    package var mysql: PartSettings?
    package var redis: PartSettings?
    package var nginx: PartSettings?
    package var dataset: Dataset
    /// Where several backends or numbers of orders are measured in turn; `backend` and `dataset` are then the first of them.
    package var series: StackSeries?

    package init(
        subject: StackSubject = .store, backend: ReportReads, fallback: ReportFallback? = nil,
        prices: PriceReads? = nil, replicas: Int, balancers: [Balancer], storeCPUs: Double?, storePool: Int? = nil,
        mysql: PartSettings? = nil, redis: PartSettings? = nil, nginx: PartSettings? = nil,
        dataset: Dataset, series: StackSeries? = nil
    ) {
        self.storePool = storePool
        self.mysql = mysql
        self.redis = redis
        self.nginx = nginx
        self.series = series
        self.subject = subject
        self.backend = backend
        self.fallback = fallback
        self.prices = prices
        self.replicas = replicas
        self.balancers = balancers
        self.storeCPUs = storeCPUs
        self.dataset = dataset
    }

    /// Records from before there were other subjects are of the store.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        subject = try values.decodeIfPresent(StackSubject.self, forKey: .subject) ?? .store
        backend = try values.decode(ReportReads.self, forKey: .backend)
        fallback = try values.decodeIfPresent(ReportFallback.self, forKey: .fallback)
        prices = try values.decodeIfPresent(PriceReads.self, forKey: .prices)
        replicas = try values.decode(Int.self, forKey: .replicas)
        balancers = try values.decode([Balancer].self, forKey: .balancers)
        storeCPUs = try values.decodeIfPresent(Double.self, forKey: .storeCPUs)
        storePool = try values.decodeIfPresent(Int.self, forKey: .storePool)
        mysql = try values.decodeIfPresent(PartSettings.self, forKey: .mysql)
        redis = try values.decodeIfPresent(PartSettings.self, forKey: .redis)
        nginx = try values.decodeIfPresent(PartSettings.self, forKey: .nginx)
        dataset = try values.decode(Dataset.self, forKey: .dataset)
        series = try values.decodeIfPresent(StackSeries.self, forKey: .series)
    }

    /// As components, metrics and reports name them, for example `store-1`: by the service whose containers they are.
    package var replicaNames: [String] {
        let service = subject.project?.service ?? "store"
        return (1...max(1, replicas)).map { "\(service)-\($0)" }
    }

    /// What is brought up for one of the experiment's variants.
    package func reduced(to variant: Variant) -> StackDefinition {
        var one = self
        one.series = nil
        one.balancers = [variant.balancer]
        if let backend = variant.backend { one.backend = backend }
        if let orders = variant.orders { one.dataset = dataset.with(orders: orders) }
        return one
    }
}

/// Backends and numbers of orders, each with each, that are measured with the same load.
package struct StackSeries: Codable, Sendable, Equatable {
    /// At least one.
    package var backends: [ReportReads]
    /// At least one.
    package var orders: [Int]

    package init(backends: [ReportReads], orders: [Int]) {
        self.backends = backends
        self.orders = orders
    }

    /// Named by what they differ in, for example `redis-scan-5000-orders`.
    func variants(balancer: Balancer) -> [Variant] {
        backends.flatMap { backend in
            orders.map { count in
                let parts = [backends.count > 1 ? backend.rawValue : nil, orders.count > 1 ? "\(count)-orders" : nil]
                return Variant(
                    name: parts.compactMap(\.self).joined(separator: "-"), balancer: balancer, backend: backend,
                    orders: count)
            }
        }
    }
}

/// Whose application it is.
package enum StackSubject: Codable, Sendable, Equatable {
    /// The store manager of this project, with databases of its own.
    case store
    /// Somebody's own Compose project.
    case project(OwnProject)
    /// Something that runs already.
    case running(RunningService)

    /// nil where it is none.
    package var project: OwnProject? { if case .project(let own) = self { own } else { nil } }
}

package struct RunningService: Codable, Sendable, Equatable {
    /// For example `http://127.0.0.1:8080`.
    package var url: String
    /// Base address of a Prometheus that scrapes it; nil where there is none.
    package var prometheus: String?
    /// Of an address with https.
    package var trust: CertificateTrust
    /// Of an address with https.
    package var identity: ClientIdentity?
    /// An HTTP proxy that requests go through, as `http://proxy:3128`.
    package var proxy: String?
    /// Where connections go in place of the address, as `10.0.0.7:8443`; requests and certificates name the address.
    package var connectTo: String?

    package init(
        url: String, prometheus: String?, trust: CertificateTrust = .system, identity: ClientIdentity? = nil,
        proxy: String? = nil, connectTo: String? = nil
    ) {
        self.url = url
        self.prometheus = prometheus
        self.trust = trust
        self.identity = identity
        self.proxy = proxy
        self.connectTo = connectTo
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        url = try values.decode(String.self, forKey: .url)
        prometheus = try values.decodeIfPresent(String.self, forKey: .prometheus)
        trust = try values.decodeIfPresent(CertificateTrust.self, forKey: .trust) ?? .system
        identity = try values.decodeIfPresent(ClientIdentity.self, forKey: .identity)
        proxy = try values.decodeIfPresent(String.self, forKey: .proxy)
        connectTo = try values.decodeIfPresent(String.self, forKey: .connectTo)
    }
}

/// Where the store's report reads come from. Writes always go to MySQL.
package enum ReportReads: String, Codable, Sendable, CaseIterable {
    /// Aggregated in SQL at each call.
    case mysql
    /// Read from sorted sets that every order keeps up to date.
    case redis
    /// Summed from every order's hash at each call.
    case redisScan = "redis-scan"
}

/// What the store answers a report with while Redis does not answer, where it reads its reports from Redis.
package enum ReportFallback: String, Codable, Sendable, CaseIterable {
    /// Status 503.
    case none
    /// MySQL's own figures.
    case mysql
}

/// How the store learns the prices of an order's products.
package enum PriceReads: String, Codable, Sendable, CaseIterable {
    /// It remembers them since they were last read, and the order's transaction makes sure that they still hold.
    case remembered
    /// One query for each order.
    case perOrder = "per-order"
    /// One query for each product of an order (N+1).
    case perProduct = "per-product"
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

    /// The course's own has no other number of orders.
    func with(orders: Int) -> Dataset {
        guard case .generated(let users, let products, _, let seed) = self else { return self }
        return .generated(users: users, products: products, orders: orders, seed: seed)
    }
}
