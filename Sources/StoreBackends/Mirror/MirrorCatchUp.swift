import StoreServer

/// One round of bringing to the mirror of a generation what is in MySQL and not yet there.
struct MirrorCatchUp {
    let redis: RedisConnection
    let mysql: MySQLConnection
    let generation: String

    private static let entriesPerExchange = 500
    private static let idsPerCommit = 5000
    private static let ordersPerComparison = 2000

    /// Takes out of the outbox what is in the mirror.
    func tidy() throws {
        var ids: [Int]
        repeat {
            ids = try redis.appliedChanges(limit: Self.idsPerCommit)
            try mysql.deleteFromOutbox(ids)
            try redis.finish(ids)
        } while ids.count == Self.idsPerCommit
    }

    /// - Parameter settled: below this id of an order no new row can appear, except rows that wait for their commit.
    /// - Returns: false where a transaction that has not ended hides an order; a later round will see it.
    func bring(upTo last: MirrorPosition, settled: Int) throws -> Bool {
        try bringEntries(upTo: last.entry)
        do {
            try bringOrders(upTo: last.order, settled: settled)
            return true
        } catch let error as MySQLError where error.isRetryable {
            return false
        }
    }

    private func bringEntries(upTo id: Int) throws {
        while true {
            // Of before the outbox is read, so that what is read cannot be older.
            let born = MonotonicClock.milliseconds()
            let entries = try mysql.outbox(upTo: id, limit: Self.entriesPerExchange)
            guard !entries.isEmpty else { return }
            try redis.apply(entries.map(MirrorChange.entry), generation: generation, born: born)
            let ids = entries.map(\.id)
            try mysql.deleteFromOutbox(ids)
            try redis.finish(ids)
            if entries.count < Self.entriesPerExchange { return }
        }
    }

    /// Compares the orders' ids with the mirror. A settled id is compared once, a younger one in each round that makes
    /// the mirror whole.
    private func bringOrders(upTo end: Int, settled: Int) throws {
        let begin = try redis.comparedOrders()
        var compared = begin
        while compared < end {
            let ids = try mysql.orderIDs(after: compared, upTo: end, limit: Self.ordersPerComparison)
            let missing = ids.isEmpty ? [] : try redis.missingOrders(of: ids, generation: generation)
            if let first = missing.min(), let last = missing.max() {
                let born = MonotonicClock.milliseconds()
                let orders = try mysql.snapshot {
                    try mysql.orders(after: first - 1, upTo: last, limit: Self.ordersPerComparison)
                }
                let changes = orders.filter { missing.contains($0.id) }.map(MirrorChange.placed)
                try redis.apply(changes, generation: generation, born: born)
            }
            compared = ids.count < Self.ordersPerComparison ? end : ids[ids.count - 1]
            let known = min(compared, settled)
            if known > begin { try redis.noteComparedOrders(upTo: known, generation: generation) }
        }
    }
}
