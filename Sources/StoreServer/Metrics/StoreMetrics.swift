/// Everything that `GET /metrics` tells.
package final class StoreMetrics: Sendable {
    /// Who this process is: the labels of `store_build_info`.
    package struct Identity: Sendable, Equatable {
        package var version: String
        /// The replica's name, for example `store-1`.
        package var name: String
        package var backend: String

        package init(version: String, name: String, backend: String) {
            self.version = version
            self.name = name
            self.backend = backend
        }
    }

    package let identity: Identity

    /// Attempts, whatever became of them: the lab's three counters.
    package let orders = Counter()
    package let highestSpenders = Counter()
    package let bestSellers = Counter()

    package let requests = RequestHistograms()
    package let inFlight = Gauge()
    /// By status: requests that were refused before any route saw them.
    package let refusals = CodeCounter(known: [400, 405, 408, 414, 431])

    package let mysqlPool = PoolMetrics()
    package let redisPool = PoolMetrics()
    /// Open connections that belong to event loops, which read the reports over them.
    package let redisLoops = Gauge()
    /// By MySQL's error number: too many connections, lock wait, deadlock, cannot connect, gone away, lost.
    package let mysqlErrors = CodeCounter(known: [1040, 1205, 1213, 2002, 2006, 2013])
    package let redisErrors = Counter()
    /// Transactions, nearly all of them orders, begun again because InnoDB had rolled them back.
    package let orderRetries = Counter()
    package let mirror = MirrorMetrics()

    package init(identity: Identity) {
        self.identity = identity
    }
}

/// How a pool of connections is doing.
package final class PoolMetrics: Sendable {
    /// Connections at most.
    package let size = Gauge()
    package let open = Gauge()
    package let busy = Gauge()
    /// Requests that wait for a connection.
    package let waiting = Gauge()
    /// From asking for a connection to having it.
    package let wait = Histogram()
    /// Requests that were turned away: the queue was full or the wait too long.
    package let rejected = Counter()

    package init() {}
}
