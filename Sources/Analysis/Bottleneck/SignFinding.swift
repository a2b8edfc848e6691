package import Model

/// A sign in the step that failed, beside the one that passed.
///
/// It says why, where others only say how full something was: what refused a request, or had no memory, is a reason for it.
/// So it comes before causes that rest on utilisation, if there was none of it in the step that passed, or much less, and if
/// there was enough of it to explain what was met.
package struct SignFinding: Sendable, Equatable {
    package struct Place: Sendable, Equatable {
        package var trace: SignTrace
        package var failed: Int
        /// nil where no step passed.
        package var passed: Int?
    }

    package var kind: SignKind
    /// Where it was seen in the failed step, the place of most first.
    package var places: [Place]
    /// There was none of it on the plateau where all criteria held, or much less.
    package var isWorse: Bool
    /// There was enough of it to explain the criterion that was met.
    package var isEnough: Bool

    package var isCause: Bool { isWorse && isEnough }

    /// So many times as often per second is more than chance.
    private static let much = 3.0
    /// Of the requests that failed, or of all where a latency was too high.
    private static let (ofFailures, ofRequests) = (0.05, 0.01)

    /// - Parameters:
    ///   - passed: the plateau of most users that passed, in seconds of the load; nil where none did.
    ///   - failed: the first that failed, with its ramp.
    ///   - requests: that ended in it.
    ///   - failures: of those.
    ///   - broken: the metric of the criterion that was met; nil where none was.
    /// - Returns: causes first, what explains others before what follows from them, then by number.
    package static func all(
        _ traces: [SignTrace], passed: Range<Int>?, failed: Range<Int>, requests: Int, failures: Int,
        broken: CriterionMetric?
    ) -> [SignFinding] {
        let needed = broken == .errorRate ? ofFailures * Double(failures) : ofRequests * Double(requests)
        return SignKind.allCases.compactMap { kind -> SignFinding? in
            let places = traces.filter { $0.kind == kind && $0.count(failed) > 0 }.map { trace in
                Place(trace: trace, failed: trace.count(failed), passed: passed.map(trace.count))
            }.sorted { $0.failed > $1.failed }
            guard let most = places.map({ $0.trace.estimate(failed) }).max() else { return nil }
            return SignFinding(
                kind: kind, places: places, isWorse: isWorse(traces.filter { $0.kind == kind }, passed, failed),
                isEnough: kind.tellsOfManyRequests || most >= max(1, needed))
        }.sorted { one, other in
            if one.isCause != other.isCause { return one.isCause }
            if one.kind.rank != other.kind.rank { return one.kind.rank < other.kind.rank }
            return (one.places[0].failed, other.kind.rawValue) > (other.places[0].failed, one.kind.rawValue)
        }
    }

    private static func isWorse(_ traces: [SignTrace], _ passed: Range<Int>?, _ failed: Range<Int>) -> Bool {
        guard let passed, !passed.isEmpty else { return true }
        func rate(_ seconds: Range<Int>) -> Double {
            (traces.map { $0.estimate(seconds) }.max() ?? 0) / Double(max(1, seconds.count))
        }
        return rate(failed) >= much * rate(passed)
    }

    /// Whether it is to be named before what the signals say.
    /// - Parameters:
    ///   - first: the first cause that they support, where it became worse; else nil.
    ///   - broken: as above.
    package func precedes(_ first: Bottleneck.Cause?, broken: CriterionMetric?) -> Bool {
        guard isCause else { return false }
        guard let first else { return true }
        if first == kind.signal { return false }
        switch first {
        // Neither makes anybody answer with an error; both make answers late.
        case .machineSlower, .generator: return broken == .errorRate
        case .nginxConnections, .mysqlConnections, .redisConnections: return kind.rank < SignKind.symptom
        case .machineCPU, .mysqlPool, .redisPool: return true
        // What is full makes the proxy before it wait too long.
        default: return kind.rank < SignKind.symptom
        }
    }
}

extension SignKind {
    /// What the watched signals say of the same thing.
    package var signal: Bottleneck.Cause? {
        switch self {
        case .mysqlTooManyConnections: .mysqlConnections
        case .redisClients: .redisConnections
        case .nginxWorkerConnections: .nginxConnections
        case .mysqlLockWait, .mysqlDeadlock: .mysqlLocks
        default: nil
        }
    }

    /// One line tells of more than one request, or of a program's end.
    fileprivate var tellsOfManyRequests: Bool {
        switch self {
        case .openFiles, .memory, .outOfMemoryKill, .ended, .nginxWorkerConnections: true
        default: false
        }
    }

    fileprivate static let symptom = 3

    /// A lower one explains those after it.
    fileprivate var rank: Int {
        switch part {
        case .outOfMemoryKill, .memory, .descriptors, .databaseCapacity, .redisCapacity, .redisPersistence: 0
        case .proxyCapacity, .deadlock, .lockWait, .restart: 1
        case .refusedConnection, .pool: 2
        case .proxyTimeout: Self.symptom
        }
    }
}
