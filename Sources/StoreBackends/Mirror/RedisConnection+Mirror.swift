/// The mirror has not the state that was asked for; it will come.
enum MirrorError: Error, Equatable {
    /// It is being filled, or it is another one than was known.
    case stale
    /// The sender was held up for so long that what it knew may have changed.
    case late
    /// Somebody else fills the mirror.
    case lockLost
}

extension RedisConnection {
    /// - Returns: the name of the mirror's filling; nil when there is no whole mirror. One that an earlier run of Redis
    ///   saved may lack what came after, so it does not count.
    func mirrorGeneration() throws -> String? {
        valid(try command("GET", RedisKeys.generation))
    }

    func valid(_ generation: RedisReply?) -> String? {
        guard let text = generation?.text, text.hasSuffix(run) else { return nil }
        return text
    }

    /// Adds changes to the mirror of a generation, each once.
    /// - Parameter born: monotonic milliseconds at which none of the changes could be seen by others yet.
    /// - Throws: `MirrorError` where nothing was changed.
    func apply(_ changes: [MirrorChange], generation: String, born: Int) throws {
        try Self.requireApplied(try run(MirrorScripts.apply, words(changes, generation, born)))
    }

    /// As `apply`, without waiting: `receiveApplied` reads the answer.
    /// - Returns: false where nothing was sent.
    func beginToApply(_ changes: [MirrorChange], generation: String, born: Int) throws -> Bool {
        try begin(MirrorScripts.apply, words(changes, generation, born))
    }

    /// - Returns: false while the answer is not whole.
    /// - Throws: as `apply`.
    func receiveApplied(hasTimedOut: Bool) throws -> Bool {
        guard let reply = try receive(hasTimedOut: hasTimedOut) else { return false }
        try Self.requireApplied(reply)
        return true
    }

    private func words(_ changes: [MirrorChange], _ generation: String, _ born: Int) throws -> [String] {
        guard generation.hasSuffix(run) else { throw MirrorError.stale }
        var (orders, entries): ([String], [String]) = ([], [])
        for change in changes {
            switch change {
            case .placed(let placed): orders += placed.words
            case .entry(let entry): entries += ["\(entry.id)", entry.json]
            }
        }
        let head = [generation, "\(born + clockOffset + MirrorTimes.fence)", "\(orders.count / PlacedOrder.wordCount)"]
        return head + orders + entries
    }

    private static func requireApplied(_ reply: RedisReply) throws {
        switch reply.text {
        case "ok": return
        case "late": throw MirrorError.late
        default: throw MirrorError.stale
        }
    }

    /// - Returns: the orders that are neither in the mirror nor known to be deleted.
    func missingOrders(of ids: [Int], generation: String) throws -> Set<Int> {
        guard generation.hasSuffix(run),
            let missing = try run(MirrorScripts.missing, [generation] + ids.map { "\($0)" }).array
        else { throw MirrorError.stale }
        return Set(missing.compactMap { $0.text.flatMap { Int($0) } })
    }

    /// The highest id up to which all orders of MySQL are known to be here, or to be deleted.
    func comparedOrders() throws -> Int {
        try command("GET", RedisKeys.comparedOrders).text.flatMap { Int($0) } ?? 0
    }

    func noteComparedOrders(upTo id: Int, generation: String) throws {
        _ = try run(MirrorScripts.compared, [generation, "\(id)"])
    }

    /// Some changes that are in the mirror and may be in the outbox still.
    func appliedChanges(limit: Int) throws -> [Int] {
        (try command("SRANDMEMBER", RedisKeys.applied, "\(limit)").array ?? []).compactMap {
            $0.text.flatMap { Int($0) }
        }
    }

    func finish(_ ids: [Int]) throws {
        _ = try run(MirrorScripts.finish, ["\(MirrorTimes.memory)"] + ids.map { "\($0)" })
    }

    /// - Returns: whether this replica tidies up, for a while.
    func becomeKeeper(_ name: String, milliseconds: Int) throws -> Bool {
        if try command("SET", RedisKeys.keeper, name, "NX", "PX", "\(milliseconds)") != .null { return true }
        guard try command("GET", RedisKeys.keeper).text == name else { return false }
        return try command("PEXPIRE", RedisKeys.keeper, "\(milliseconds)") == .integer(1)
    }
}

/// An id is forgotten only when no copy of its change can arrive any more: what is older than the fence is refused by
/// Redis, and Redis remembers ids for longer, both by its own clock.
enum MirrorTimes {
    /// Milliseconds from a change's birth until nobody may send it from what they knew at its birth.
    static let fence = 5_000
    /// Milliseconds for which an id is known after its entry has left the outbox, and that of an order after its deletion.
    static let memory = 10_000
    /// Life of the lock of who fills the mirror, renewed with each piece.
    static let lock = 5_000
    /// The same for `store load-dataset`, which nobody waits to replace.
    static let loaderLock = 60_000
}
