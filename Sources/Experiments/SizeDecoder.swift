import Model

/// Reads how large the parts of a stack may be: `store`, `mysql`, `redis` and `nginx` of `stack`.
struct SizeDecoder {
    struct Sizes {
        var cpus: Double?
        var pool: Int?
        var mysql: PartSettings?
        var redis: PartSettings?
        var nginx: PartSettings?
    }

    let log: FaultLog

    /// - Parameter balancers: nil where they could not be read.
    /// - Returns: nil after a fault.
    func sizes(_ fields: Fields, balancers: [Balancer]?) -> Sizes? {
        if balancers == [.none], let entry = fields.entry("nginx"), fields.entry("url") == nil {
            log.add("nginx: without a balancer there is no Nginx", at: entry.keyPlace)
        }
        let isOwn = fields.entry("compose_file") != nil
        let store = fields.nested("store", default: Sizes()) { self.store($0, isOwn: isOwn) }
        let mysql = fields.nested("mysql", default: PartSettings?.none) { part($0, "mysql") }
        let redis = fields.nested("redis", default: PartSettings?.none) { part($0, "redis") }
        let nginx = fields.nested("nginx", default: PartSettings?.none) { part($0, "nginx") }
        guard var sizes = store, let mysql, let redis, let nginx else { return nil }
        (sizes.mysql, sizes.redis, sizes.nginx) = (mysql, redis, nginx)
        return sizes
    }

    private func store(_ value: YAMLValue, isOwn: Bool) -> Sizes? {
        guard let fields = Fields(value, "store", known: DefinitionKeys.store, log: log) else { return nil }
        let cpus = fields.optional("cpus", default: Double?.none, self.cores)
        let pool = fields.optional("pool", default: Int?.none) { try $0.integer(in: 1...512) }
        if isOwn, let entry = fields.entry("pool") {
            log.add("pool: your own Compose project sets it itself; leave it out", at: entry.keyPlace)
        }
        guard let cpus, let pool else { return nil }
        return Sizes(cpus: cpus, pool: pool)
    }

    /// - Returns: nil after a fault.
    private func part(_ value: YAMLValue, _ name: String) -> PartSettings?? {
        guard let fields = Fields(value, name, known: DefinitionKeys.part, log: log) else { return nil }
        let cpus = fields.optional("cpus", default: Double?.none, self.cores)
        let connections = fields.optional("connections", default: Int?.none) { try $0.integer(in: 10...100_000) }
        guard let cpus, let connections else { return nil }
        // Without a key it says nothing.
        return .some(cpus == nil && connections == nil ? nil : PartSettings(connections: connections, cpus: cpus))
    }

    private func cores(_ value: YAMLValue) throws -> Double? { try value.decimal(in: 0.01...1024) }
}
