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
        let backend: Backend? = ofStore ? fields.required("backend") { try $0.choice(Backend.self) } : .mysql
        let replicas = fields.optional("replicas", default: 1) { try $0.integer(in: 1...32) }
        let balancers = fields.optional("balancer", default: [Balancer.none]) { try self.balancers($0) }
        if let replicas, let balancers, replicas > 1, balancers.contains(.none) {
            let choices = Balancer.allCases.filter { $0 != .none }.map(\.rawValue).joined(separator: ", ")
            let place = (fields.entry("balancer") ?? fields.entry("replicas"))?.value.place ?? fields.place
            log.add("balancer: \(replicas) replicas need one; write one of \(choices)", at: place)
        }
        let cpus = fields.nested("store", default: Double?.none, self.cpus)
        let dataset = fields.nested("dataset", default: Dataset.course, self.dataset)
        guard let subject, let backend, let replicas, let balancers, let cpus, let dataset else { return nil }
        return StackDefinition(
            subject: subject, backend: backend, replicas: replicas, balancers: balancers, storeCPUs: cpus,
            dataset: dataset)
    }

    private func balancers(_ value: YAMLValue) throws(Unreadable) -> [Balancer] {
        guard case .list(let values) = value.content else { return [try value.choice()] }
        guard !values.isEmpty else { throw Unreadable("the list is empty; name at least one policy") }
        var balancers: [Balancer] = []
        for value in values {
            let balancer = try value.choice(Balancer.self)
            if balancers.contains(balancer) { throw Unreadable("\"\(balancer.rawValue)\" is written twice") }
            balancers.append(balancer)
        }
        return balancers
    }

    /// - Returns: nil after a fault, `.some(nil)` for no limit.
    private func cpus(_ value: YAMLValue) -> Double?? {
        guard let fields = Fields(value, "store", known: DefinitionKeys.store, log: log) else { return nil }
        return fields.optional("cpus", default: nil) { try $0.decimal(in: 0.01...1024) }
    }

    private func dataset(_ value: YAMLValue) -> Dataset? {
        if case .scalar(let text, _) = value.content {
            if text == "course" { return .course }
            log.add(
                "dataset: expected course, or users, products, orders and seed, found \(value.found)", at: value.place)
            return nil
        }
        guard let fields = Fields(value, "dataset", known: DefinitionKeys.dataset, log: log) else { return nil }
        let users = fields.required("users") { try $0.integer(in: 1...1_000_000) }
        let products = fields.required("products") { try $0.integer(in: 1...1_000_000) }
        let orders = fields.required("orders") { try $0.integer(in: 0...10_000_000) }
        let seed = fields.optional("seed", default: 42) { try $0.seed() }
        guard let users, let products, let orders, let seed else { return nil }
        return .generated(users: users, products: products, orders: orders, seed: seed)
    }
}
