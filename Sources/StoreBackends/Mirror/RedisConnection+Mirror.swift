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
    func apply(_ entries: [OutboxEntry], generation: String, born: Int) throws {
        guard generation.hasSuffix(run) else { throw MirrorError.stale }
        var arguments = [generation, "\(born + clockOffset + MirrorTimes.fence)"]
        arguments.reserveCapacity(2 + 2 * entries.count)
        for entry in entries {
            arguments.append("\(entry.id)")
            arguments.append(entry.json)
        }
        switch try run(MirrorScripts.apply, arguments).text {
        case "ok": return
        case "late": throw MirrorError.late
        default: throw MirrorError.stale
        }
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
    /// Milliseconds for which an id is known after its entry has left the outbox.
    static let memory = 10_000
    /// Life of the lock of who fills the mirror, renewed with each piece.
    static let lock = 5_000
}
