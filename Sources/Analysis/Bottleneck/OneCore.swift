import Model

extension Bottleneck {
    /// Parts that used one core's worth although they may use more, the most first. A program that computes in one thread can
    /// use no more, so such a part may be at its limit; how many threads it computes in was not measured. Databases compute
    /// in many.
    package var oneCore: [SignalChange] {
        changes.filter { change in
            let roles: [Component.Role] = [.store, .balancer, .cache, .other]
            return change.signal.kind == .cpu && roles.contains { $0 == change.signal.role }
                && (change.signal.limit ?? 0) > Self.oneCoresWorth.upperBound
                && Self.oneCoresWorth.contains(change.failed)
        }.sorted { $0.failed > $1.failed }
    }

    /// Its other threads may do a little beside the one that computes.
    private static let oneCoresWorth = 0.95...1.05
}
