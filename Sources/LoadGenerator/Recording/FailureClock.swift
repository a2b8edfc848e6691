import Model

/// When the requests of one task that failed in the second under way were due, and when they failed. A request that succeeds
/// never comes here.
struct FailureClock: Sendable {
    private static let nanosecondsPerSlot: UInt64 = 62_500_000

    private var first = UInt64.max
    private var last: UInt64 = 0
    /// By kind, how many were due in each sixteenth of a second since the load began.
    private var slots: [FailureKind: [Int: Int]] = [:]

    /// - Parameters:
    ///   - due: in nanoseconds since the load began.
    ///   - end: likewise.
    mutating func record(_ kind: FailureKind, due: UInt64, end: UInt64) {
        first = min(first, end)
        last = max(last, end)
        slots[kind, default: [:]][Int(due / Self.nanosecondsPerSlot), default: 0] += 1
    }

    mutating func reset() {
        guard !slots.isEmpty else { return }
        self = FailureClock()
    }

    /// nil where none failed.
    var times: FailureTimes? {
        guard !slots.isEmpty else { return nil }
        return FailureTimes(
            first: Self.seconds(first), last: Self.seconds(last),
            due: slots.mapValues { counts in
                Distribution(
                    ascending: counts.sorted { $0.key < $1.key }.map {
                        .init(microseconds: $0.key * Int(Self.nanosecondsPerSlot / 1000), count: $0.value)
                    })
            })
    }

    /// To the microsecond.
    private static func seconds(_ nanoseconds: UInt64) -> Seconds { Double(nanoseconds / 1000) / 1e6 }
}
