/// How large one of the stack's programs beside the store may be, where a definition says so; nil: StoreLab's own choice,
/// which keeps it from being what reaches its limit.
package struct PartSettings: Codable, Sendable, Equatable {
    /// Of clients: `max_connections` of MySQL, `maxclients` of Redis, `worker_connections` of Nginx.
    package var connections: Int?
    /// CPU limit in cores.
    package var cpus: Double?

    package init(connections: Int? = nil, cpus: Double? = nil) {
        self.connections = connections
        self.cpus = cpus
    }
}

extension StackDefinition {
    /// The sizes that the definition sets beside the CPU of the store, by the keys under which it does, in their order.
    package var sizes: [(key: String, value: Double)] {
        let parts = [("mysql", mysql), ("redis", redis), ("nginx", nginx)].flatMap { name, settings in
            [("\(name).connections", settings?.connections.map(Double.init)), ("\(name).cpus", settings?.cpus)]
        }
        return ([("store.pool", storePool.map(Double.init))] + parts).compactMap { key, value in
            value.map { (key, $0) }
        }
    }
}
