/// A signal of a part that is watched during the whole load. The raw values stand in records: they never change.
package enum SignalKind: String, Codable, Sendable, CaseIterable {
    /// Cores used.
    case cpu
    /// Resident bytes.
    case memory
    /// Share of the periods of its CPU limit in which it used up its quota and was stopped.
    case throttled = "cpu_throttled"
    /// Tasks that could run, per core of the machine; above 1 some wait.
    case runnable
    /// CPU seconds that a fixed calculation took, the mean of the machine's processors: how slow they were.
    case calculation = "machine_calculation"
    /// How much longer it took by the clock: how long work waited for a processor.
    case calculationWait = "machine_calculation_wait"
    /// Cores that the host of a virtual machine gave to others.
    case steal = "machine_steal"
    /// Share of the time in which some task waited for a processor, for a disk or for memory.
    case pressureCPU = "pressure_cpu"
    case pressureIO = "pressure_io"
    case pressureMemory = "pressure_memory"
    /// How long the disk of the databases' data took to make a few bytes safe, in seconds.
    case diskFlush = "disk_flush"
    /// Share of a thread's time in which the load generator worked or waited for the CPU.
    case generatorBusy = "generator_busy"

    case mysqlConnections = "mysql_threads_connected"
    case mysqlRunning = "mysql_threads_running"
    /// Connections turned away since there were `max_connections`, per second.
    case mysqlRefused = "mysql_connections_refused"
    /// Clients that did not come in or went without a word, per second.
    case mysqlAborted = "mysql_connections_aborted"
    /// Waits for a row's lock that began, per second.
    case mysqlLockWaits = "mysql_row_lock_waits"
    /// Seconds of waiting for rows' locks per second: how many transactions waited on average.
    case mysqlLockTime = "mysql_row_lock_time"
    case mysqlSlow = "mysql_slow_queries"
    case mysqlQueries = "mysql_queries"
    /// How long MySQL took to answer the watcher's own question, in seconds.
    case mysqlAnswer = "mysql_answer_time"

    case redisClients = "redis_clients"
    case redisRefused = "redis_connections_refused"
    case redisCommands = "redis_commands"
    /// How long Redis took to answer the watcher's own question, in seconds.
    case redisAnswer = "redis_answer_time"

    case nginxConnections = "nginx_active_connections"
    /// Connections that were accepted and not handled, per second.
    case nginxDropped = "nginx_connections_dropped"
    /// Lines of the error log per second, by what they complain of.
    case nginxCrowded = "nginx_worker_connections_not_enough"
    case nginxTimedOut = "nginx_upstream_timed_out"
    case nginxNoUpstream = "nginx_no_live_upstreams"
    case nginxUnreachable = "nginx_upstream_not_reached"
    case nginxOtherErrors = "nginx_other_errors"

    /// Connections in use.
    case mysqlPoolBusy = "mysql_pool_busy"
    case redisPoolBusy = "redis_pool_busy"
    /// Requests that wait for a connection.
    case mysqlPoolWaiting = "mysql_pool_waiting"
    case redisPoolWaiting = "redis_pool_waiting"
    /// Mean wait for a connection, in seconds.
    case mysqlPoolWait = "mysql_pool_wait"
    case redisPoolWait = "redis_pool_wait"
    /// Requests turned away since the wait was full or too long, per second.
    case mysqlPoolRefused = "mysql_pool_refused"
    case redisPoolRefused = "redis_pool_refused"
}

/// One signal of one part over the load.
package struct SignalSeries: Codable, Sendable, Equatable {
    package var kind: SignalKind
    /// The component's name, for example `store-1`.
    package var component: String
    /// What it cannot pass, in its own unit; nil where there is no such number or it is not known.
    package var limit: Double?
    /// One for each time of the record; nil where there was no reading.
    package var values: [Double?]

    package init(kind: SignalKind, component: String, limit: Double?, values: [Double?]) {
        self.kind = kind
        self.component = component
        self.limit = limit
        self.values = values
    }
}

/// What was watched about once a second beside CPU and memory.
package struct SignalRecord: Codable, Sendable, Equatable {
    /// Seconds since the load began.
    package var times: [Seconds]
    package var series: [SignalSeries]
    /// Components of which a source of signals gave nothing, for example an Nginx without a status page.
    package var missing: [String]

    package init(times: [Seconds] = [], series: [SignalSeries] = [], missing: [String] = []) {
        self.times = times
        self.series = series
        self.missing = missing
    }
}
