/// Bottlenecks that are made on purpose, each by a part that is too small whatever the machine: users ask at least ten times
/// as fast as the part can answer on any machine, so that no measurement of time decides.
enum MadeBottleneck: String, CaseIterable, Sendable {
    case storePool = "store-pool"
    case mysqlConnections = "mysql-connections"
    case nginxConnections = "nginx-connections"
    case storeCPU = "store-cpu"
    case redisCPU = "redis-cpu"
    case redisScripts = "redis-scripts"
    case generator

    /// Parts of the sentence by which the report names it; any one of them will do.
    var signs: [String] {
        switch self {
        case .storePool: [" of 1 were in use"]
        case .mysqlConnections: [" of 20 were taken"]
        case .nginxConnections: ["Nginx's own connections"]
        case .storeCPU: [" of the 0.1 cores"]
        case .redisCPU: [" of the 0.01 cores"]
        case .redisScripts: ["the CPU of Redis", "Redis, which was slow"]
        case .generator: ["the load generator, not the application"]
        }
    }

    /// Redis is kept busy through its port of this machine, and containers have none.
    var stacks: [String] { self == .redisScripts ? ["local"] : ["local", "compose"] }

    /// Three users, which every part bears, then as many as are too much for it.
    /// - Parameter limit: the criterion; nil for one that breaks by counts, or never where there is nothing to count.
    func definition(limit: String? = nil) -> String {
        let usual = self == .nginxConnections ? "error_rate > 1% for 2s" : "error_rate > 99% for 2s"
        return """
            name: made
            title: "made"
            stack:
              backend: \(backend)
              replicas: \(replicas)
              balancer: \(replicas > 1 ? "round_robin" : "none")
              \(sizes)
              dataset: { users: 200, products: 100, orders: \(self == .redisCPU ? 300 : 5000), seed: 7 }
            load:
              tasks:
            \(Definition.mix)
              think_time: \(think)
              ramp: [{ users: 3, spawn_rate: 10/s, hold: 4s }, { users: \(users), spawn_rate: 100/s, hold: 6s }]
              timeout: 4s
            limits: ["\(limit ?? usual)"]
            """
    }

    private var backend: String { self == .storePool || self == .mysqlConnections ? "mysql" : "redis" }

    private var replicas: Int {
        switch self {
        case .mysqlConnections: 3
        case .nginxConnections: 2
        default: 1
        }
    }

    private var sizes: String {
        switch self {
        case .storePool: "store: { pool: 1 }"
        case .mysqlConnections: "store: { pool: 16 }\n  mysql: { connections: 20 }"
        case .nginxConnections: "nginx: { connections: 64 }"
        case .storeCPU: "store: { cpus: 0.1 }"
        case .redisCPU: "redis: { cpus: 0.01 }"
        case .redisScripts, .generator: ""
        }
    }

    private var users: Int {
        switch self {
        case .mysqlConnections: 300
        case .storePool, .nginxConnections, .storeCPU: 150
        case .redisCPU, .generator: 200
        case .redisScripts: 20
        }
    }

    private var think: String {
        switch self {
        case .mysqlConnections, .nginxConnections: "10ms..30ms"
        case .storePool, .storeCPU, .redisCPU, .redisScripts, .generator: "50ms..150ms"
        }
    }
}
