import StoreServer

/// Tells which ids are so old that whoever wrote them has had time enough to mirror them, and that no row with a lower
/// id can still be on its way into its table: an id is drawn a moment before its row is there.
struct Ripening {
    private static let milliseconds = 2_000

    private var seen: [(position: MirrorPosition, at: Int)] = []
    private(set) var ripe = MirrorPosition()

    /// - Parameter now: monotonic milliseconds at which `newest` was read.
    mutating func add(_ newest: MirrorPosition, now: Int = MonotonicClock.milliseconds()) {
        while let first = seen.first, now - first.at >= Self.milliseconds {
            ripe = first.position
            seen.removeFirst()
        }
        seen.append((newest, now))
    }
}
