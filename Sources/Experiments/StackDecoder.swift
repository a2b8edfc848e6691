import Model

/// Reads `stack`.
struct StackDecoder {
    let log: FaultLog
    /// The folder of the file, to which a compose file is relative.
    let folder: String

    func stack(_ value: YAMLValue) -> StackDefinition? {
        guard let fields = Fields(value, "stack", known: DefinitionKeys.stack, log: log) else { return nil }
        let subject = SubjectDecoder(log: log, folder: folder).subject(fields)
        let ofStore = fields.entry("compose_file") == nil && fields.entry("url") == nil
        let backends: [ReportReads]? = ofStore ? fields.required("backend") { try self.backends($0) } : [.mysql]
        let fallback = fields.optional("fallback", default: ReportFallback?.none) { try $0.choice(ReportFallback.self) }
        if ofStore, let backends, backends.contains(.mysql), let entry = fields.entry("fallback") {
            log.add("fallback: it is for reports that are read from Redis, and backend is mysql", at: entry.keyPlace)
        }
        let prices = fields.optional("prices", default: PriceReads?.none) { try $0.choice(PriceReads.self) }
        let replicas = fields.optional("replicas", default: 1) { try $0.integer(in: 1...32) }
        let balancers = fields.optional("balancer", default: [Balancer.none]) { try self.balancers($0) }
        if let replicas, let balancers, replicas > 1, balancers.contains(.none) {
            let choices = Balancer.allCases.filter { $0 != .none }.map(\.rawValue).joined(separator: ", ")
            let place = (fields.entry("balancer") ?? fields.entry("replicas"))?.value.place ?? fields.place
            log.add("balancer: \(replicas) replicas need one; write one of \(choices)", at: place)
        }
        let sizes = SizeDecoder(log: log).sizes(fields, balancers: balancers)
        let datasets = fields.nested("dataset", default: [Dataset.course], self.datasets)
        guard let subject, let backends, let backend = backends.first, let fallback, let prices, let replicas,
            let balancers, let sizes, let datasets, let dataset = datasets.first
        else { return nil }
        let isSeries = backends.count > 1 || datasets.count > 1
        if isSeries, balancers.count > 1, let entry = fields.entry("balancer") {
            log.add(
                "balancer: one policy only where several backends or numbers of orders are measured",
                at: entry.value.place)
        }
        return StackDefinition(
            subject: subject, backend: backend, fallback: fallback, prices: prices, replicas: replicas,
            balancers: balancers, storeCPUs: sizes.cpus,
            storePool: sizes.pool, mysql: sizes.mysql, redis: sizes.redis, nginx: sizes.nginx, dataset: dataset,
            series: isSeries ? StackSeries(backends: backends, orders: datasets.map(\.orders)) : nil)
    }

    /// One, or several that are each measured in turn.
    private func backends(_ value: YAMLValue) throws(Unreadable) -> [ReportReads] {
        try Self.each(value, "backend") { value throws(Unreadable) in try value.choice(ReportReads.self) }
    }

    /// The elements of a list without any twice, or the value alone.
    private static func each<Element: Hashable>(
        _ value: YAMLValue, _ name: String, _ read: (YAMLValue) throws(Unreadable) -> Element
    ) throws(Unreadable) -> [Element] {
        guard case .list(let values) = value.content else { return [try read(value)] }
        guard !values.isEmpty else { throw Unreadable("the list is empty; name at least one \(name)") }
        guard values.count <= 20 else { throw Unreadable("more than 20 values") }
        var elements: [Element] = []
        for value in values {
            let element = try read(value)
            if elements.contains(element) { throw Unreadable("\(value.found) is written twice") }
            elements.append(element)
        }
        return elements
    }

    private func balancers(_ value: YAMLValue) throws(Unreadable) -> [Balancer] {
        try Self.each(value, "policy") { value throws(Unreadable) in try value.choice(Balancer.self) }
    }

    /// One for each number of orders.
    private func datasets(_ value: YAMLValue) -> [Dataset]? {
        if case .scalar(let text, _) = value.content {
            if text == "course" { return [.course] }
            log.add(
                "dataset: expected course, or users, products, orders and seed, found \(value.found)", at: value.place)
            return nil
        }
        guard let fields = Fields(value, "dataset", known: DefinitionKeys.dataset, log: log) else { return nil }
        let users = fields.required("users") { try $0.integer(in: 1...1_000_000) }
        let products = fields.required("products") { try $0.integer(in: 1...1_000_000) }
        let orders = fields.required("orders") { value in
            try Self.each(value, "number") { value throws(Unreadable) in try value.integer(in: 0...10_000_000) }
        }
        let seed = fields.optional("seed", default: 42) { try $0.seed() }
        guard let users, let products, let orders, let seed else { return nil }
        return orders.map { .generated(users: users, products: products, orders: $0, seed: seed) }
    }
}
