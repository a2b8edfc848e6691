import Model

/// A replica that is far from the others by one of its signals, although all have the same share of the work to do.
package struct ReplicaDeviation: Sendable, Equatable {
    package var change: SignalChange
    /// The mean of the other replicas.
    package var others: Double

    /// So many times as much as the most of the others.
    private static let far = 3.0
    /// What is less than this is small whatever the others have; what a replica uses of its CPU, as a share of its limit.
    private static let least: [(SignalKind, Double)] = [
        (.mysqlPoolWaiting, 5), (.redisPoolWaiting, 5), (.mysqlPoolWait, 0.05), (.redisPoolWait, 0.05),
        (.mysqlPoolRefused, 1), (.redisPoolRefused, 1), (.cpu, 0.2),
    ]

    /// The one signal of each such replica that lies farthest from the others', the farthest first.
    static func all(in changes: [SignalChange]) -> [ReplicaDeviation] {
        var found: [(deviation: ReplicaDeviation, ratio: Double)] = []
        for (kind, least) in least {
            let replicas = changes.filter { $0.signal.kind == kind && $0.signal.role == .store }
            for one in replicas where replicas.count > 1 {
                let others = replicas.filter { $0 != one }
                let values = others.map { value($0, kind) }
                guard let ratio = ratio(of: value(one, kind), to: values, least: least) else { continue }
                let mean = others.reduce(0) { $0 + $1.failed } / Double(others.count)
                found.append((ReplicaDeviation(change: one, others: mean), ratio))
            }
        }
        var shown: [ReplicaDeviation] = []
        for (deviation, _) in found.sorted(by: { $0.ratio > $1.ratio })
        where !shown.contains(where: { $0.change.signal.component == deviation.change.signal.component }) {
            shown.append(deviation)
        }
        return shown
    }

    private static func value(_ change: SignalChange, _ kind: SignalKind) -> Double {
        kind == .cpu ? change.closeness ?? 0 : change.failed
    }

    /// How far it is, from 3 on; nil where it is not.
    private static func ratio(of value: Double, to others: [Double], least: Double) -> Double? {
        guard let most = others.max(), value >= least, value >= far * most else { return nil }
        return most > 0 ? value / most : .infinity
    }
}
