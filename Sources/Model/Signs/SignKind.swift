/// A text or an event by which a program says itself that it had no room, no memory or nobody to talk to. The raw values
/// stand in records: they never change.
package enum SignKind: String, Codable, CodingKeyRepresentable, Sendable, CaseIterable {
    /// MySQL and MariaDB, by their numbers of errors.
    case mysqlTooManyConnections = "mysql_1040"
    case mysqlUserConnections = "mysql_1203"
    case mysqlLockWait = "mysql_1205"
    case mysqlDeadlock = "mysql_1213"
    /// PostgreSQL, by its code (SQLSTATE).
    case postgresTooManyClients = "postgres_53300"
    case nginxTimedOut = "nginx_upstream_timed_out"
    case nginxWorkerConnections = "nginx_worker_connections"
    case nginxNoUpstreams = "nginx_no_live_upstreams"
    case nginxConnectRefused = "nginx_connect_refused"
    case redisClients = "redis_maxclients"
    case redisPersistence = "redis_misconf"
    case redisMemory = "redis_oom"
    case sqlAlchemyPool = "sqlalchemy_pool"
    case hikariPool = "hikari_pool"
    case openFiles = "open_files"
    case memory
    case connectionRefused = "connection_refused"
    /// The kernel killed a process of a container that had used up the memory it may use.
    case outOfMemoryKill = "oom_kill"
    /// A container ended although nobody stopped it.
    case ended = "container_ended"

    /// What a sign points to.
    package enum Part: Sendable {
        case databaseCapacity, deadlock, lockWait
        case proxyTimeout, proxyCapacity
        case redisCapacity, redisPersistence
        case pool, descriptors, memory
        /// Nobody listens at the address that a message names.
        case refusedConnection
        case restart, outOfMemoryKill
    }

    package var part: Part {
        switch self {
        case .mysqlTooManyConnections, .mysqlUserConnections, .postgresTooManyClients: .databaseCapacity
        case .mysqlLockWait: .lockWait
        case .mysqlDeadlock: .deadlock
        case .nginxTimedOut: .proxyTimeout
        case .nginxWorkerConnections: .proxyCapacity
        case .nginxNoUpstreams, .nginxConnectRefused, .connectionRefused: .refusedConnection
        case .redisClients: .redisCapacity
        case .redisPersistence: .redisPersistence
        case .redisMemory, .memory: .memory
        case .sqlAlchemyPool, .hikariPool: .pool
        case .openFiles: .descriptors
        case .ended: .restart
        case .outOfMemoryKill: .outOfMemoryKill
        }
    }

    /// Where it is recognised: Nginx writes its complaints into its log alone, and what becomes of containers is told by the
    /// engine.
    package var sources: [SignSource] {
        switch self {
        case .nginxTimedOut, .nginxWorkerConnections, .nginxNoUpstreams, .nginxConnectRefused: [.log]
        case .outOfMemoryKill, .ended: [.engine]
        default: [.log, .answers]
        }
    }
}

/// Where a sign was seen.
package enum SignSource: String, Codable, Sendable {
    /// A line of a part's log.
    case log
    /// An answer that failed.
    case answers
    /// The container engine.
    case engine
}
