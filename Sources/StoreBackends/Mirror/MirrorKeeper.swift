import Glibc
import Logging
import NIOCore
import NIOPosix
import StoreServer

/// Brings to the mirror what any replica has left behind: when it starts, after Redis or MySQL was unavailable, and at
/// intervals. It fills a mirror that Redis has lost, and deletes from the outbox what the mirror has, many in one commit.
///
/// It has its own thread and connections, so that bursts of requests do not delay it. Several replicas may do the same at
/// once: every step may be done twice.
final class MirrorKeeper: Sendable {
    /// Its connections, which only its thread uses.
    private struct Connections {
        var redis: RedisConnection?
        var mysql: MySQLConnection?
        var settled = SettledPosition()

        mutating func dropBroken() {
            if let mysql, !mysql.isUsable {
                mysql.close()
                self.mysql = nil
            }
            if let redis, !redis.isUsable {
                redis.close()
                self.redis = nil
            }
        }
    }

    /// Pause between two rounds, where the mirror is whole and where it is behind.
    private static let pauseWhenWhole = TimeAmount.milliseconds(300)
    private static let pauseWhenBehind = TimeAmount.milliseconds(100)
    /// In microseconds. Without it, an error that returns at once would keep the thread busy.
    private static let shortestPause: UInt32 = 2_000
    /// One replica empties the outbox for all, as long as it renews this lease in Redis. Longer than its pause between two
    /// rounds, and short enough that another replica soon takes over from one that died.
    private static let leaseMilliseconds = 1200

    private let name = String(UInt64.random(in: .min ... .max), radix: 36)
    private let state: MirrorState
    private let connectRedis: @Sendable () throws -> RedisConnection
    private let connectMySQL: @Sendable () throws -> MySQLConnection
    private let metrics: MirrorMetrics
    private let logger: Logger
    private let thread = NIOThreadPool(numberOfThreads: 1)

    init(
        state: MirrorState, metrics: MirrorMetrics, logger: Logger,
        redis: @escaping @Sendable () throws -> RedisConnection,
        mysql: @escaping @Sendable () throws -> MySQLConnection
    ) {
        self.state = state
        self.metrics = metrics
        self.logger = logger
        connectRedis = redis
        connectMySQL = mysql
    }

    func start() {
        thread.start()
        thread.submit { _ in self.work() }
    }

    func stop() async {
        state.close()
        try? await thread.shutdownGracefully()
    }

    private func work() {
        var connections = Connections()
        var succeeded = true
        repeat {
            state.beginRound()
            do {
                try round(&connections)
                if !succeeded { logger.notice("The mirror in Redis is maintained again") }
                succeeded = true
            } catch {
                if succeeded {
                    logger.warning("The mirror in Redis cannot be maintained", metadata: ["error": "\(error)"])
                }
                succeeded = false
            }
            connections.dropBroken()
            state.endRound()
            usleep(Self.shortestPause)
        } while state.alarm.pause(state.isKnownWhole ? Self.pauseWhenWhole : Self.pauseWhenBehind)
        connections.redis?.close()
        connections.mysql?.close()
    }

    private func round(_ connections: inout Connections) throws {
        let redis: RedisConnection
        var generation: String?
        do {
            redis = try connections.redis ?? connectRedis()
            connections.redis = redis
            generation = try redis.mirrorGeneration()
        } catch {
            state.loseRedis()
            throw error
        }
        if generation == nil {
            state.shut()
            try rebuild(redis, &connections)
            generation = try redis.mirrorGeneration()
        }
        guard let generation else { return }
        let (changesLeft, isWhole) = state.open(generation)
        let isKeeper = try redis.becomeKeeper(name, milliseconds: Self.leaseMilliseconds)
        guard !isWhole || isKeeper else { return }
        let mysql = try mysql(&connections)
        let last = try mysql.newest()
        connections.settled.add(last)
        let settled = connections.settled.position
        let work = MirrorCatchUp(redis: redis, mysql: mysql, generation: generation)
        if isKeeper { try work.tidy() }
        let isComplete = try work.bring(upTo: isWhole ? settled : last, settled: settled.order)
        if !isWhole, isComplete { state.caughtUp(with: changesLeft) }
    }

    private func mysql(_ connections: inout Connections) throws -> MySQLConnection {
        if let mysql = connections.mysql { return mysql }
        let mysql = try connectMySQL()
        connections.mysql = mysql
        // No one transaction that is slow to end may keep it from its other work.
        try mysql.execute("SET SESSION innodb_lock_wait_timeout = 1")
        return mysql
    }

    private func rebuild(_ redis: RedisConnection, _ connections: inout Connections) throws {
        let mysql = try mysql(&connections)
        guard var filling = try MirrorFilling.begin(on: redis) else { return }
        do {
            let begun = MonotonicClock.milliseconds()
            try MirrorRebuild(mysql: mysql).fill(&filling)
            metrics.rebuilds.increment()
            let duration = MonotonicClock.milliseconds() - begun
            logger.notice("The mirror in Redis was filled from MySQL", metadata: ["milliseconds": "\(duration)"])
        } catch {
            if redis.isUsable { try? filling.abandon() }
            throw error
        }
    }
}
