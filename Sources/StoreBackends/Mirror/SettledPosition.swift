import StoreServer

/// The newest ids that were already in MySQL two seconds ago. Whoever wrote them has had time to mirror them, and no row
/// with a lower id can appear any more: the server assigns an id a moment before it stores the row.
struct SettledPosition {
    private static let ageMilliseconds = 2_000

    private var seen: [(position: MirrorPosition, at: Int)] = []
    private(set) var position = MirrorPosition()

    /// - Parameter now: monotonic milliseconds at which `newest` was read.
    mutating func add(_ newest: MirrorPosition, now: Int = MonotonicClock.milliseconds()) {
        while let first = seen.first, now - first.at >= Self.ageMilliseconds {
            position = first.position
            seen.removeFirst()
        }
        seen.append((newest, now))
    }
}
