package import Model

/// Why a plateau failed, as far as the signals say.
///
/// After Brendan Gregg's USE method ("Thinking Methodically about Performance", ACM Queue 10(12), 2012): of every resource
/// its utilisation, its saturation (work that waits for it) and its errors. What turned work away at its own capacity
/// comes first, for it says so itself; then what works and was full or slow; then queues before others, which fill whatever
/// the reason. Among equals, what is nearer to its limit, then what rose more since the plateau that passed.
///
/// A cause must change: what was no better where all criteria held cannot be why one was met. So what was full there too
/// comes behind what became so, and is no cause but saturated at both.
package struct Bottleneck: Sendable, Equatable {
    package enum Cause: String, Sendable, CaseIterable {
        case machineSlower
        case generator
        case nginxConnections, mysqlConnections, redisConnections
        case storeCPU, redisCPU, redisSlow, mysqlCPU, mysqlLocks, mysqlSlow, nginxCPU, otherCPU
        case machineCPU, mysqlPool, redisPool

        /// It turns work away at its own capacity.
        var isRefusal: Bool { rank == 2 }

        /// It fills whatever the reason.
        var isQueue: Bool { rank == 5 }

        /// A lower one goes first.
        var rank: Int {
            switch self {
            case .machineSlower: 0
            case .generator: 1
            case .nginxConnections, .mysqlConnections, .redisConnections: 2
            case .storeCPU, .redisCPU, .redisSlow, .mysqlCPU, .mysqlLocks, .mysqlSlow, .nginxCPU, .otherCPU: 3
            case .machineCPU: 4
            case .mysqlPool, .redisPool: 5
            }
        }
    }

    package struct Finding: Sendable, Equatable {
        package var cause: Cause
        /// The first is what shows it best; of several replicas, the one nearest to its limit.
        package var evidence: [SignalChange]
        /// Whether it was better on the plateau that passed, or there was none; else it is saturated at both.
        package var isWorse: Bool
    }

    /// The first is the cause to name; empty when no signal explains it.
    package var findings: [Finding]
    /// All signals: first those of the findings, then those nearest to a limit, then those that rose most.
    package var changes: [SignalChange]
    /// Replicas that are far from the others on the failed plateau, the farthest first.
    package var deviations: [ReplicaDeviation]
    /// What the means of the failed plateau are over.
    package var seconds: Range<Int>

    /// - Parameters:
    ///   - passed: the plateau of most users that passed, in seconds of the load; nil where none did.
    ///   - failed: the first that failed.
    ///   - validity: of the one that failed.
    ///   - broken: the metric of the criterion that was met; nil where none was.
    ///   - isDisturbed: others used the machine.
    package init(
        signals: [Signal], passed: Range<Int>?, failed: Range<Int>, validity: Validity? = nil,
        broken: CriterionMetric? = nil,
        isDisturbed: Bool = false
    ) {
        // A criterion may be met within a second or two; the seconds before belong to the same users.
        let long = min(failed.lowerBound, max(0, failed.upperBound - Self.shortest))..<failed.upperBound
        seconds = long
        let all = signals.compactMap { SignalChange($0, passed: passed, failed: long) }
        let rules = CauseRules(changes: all, validity: validity, hasBroken: broken != nil)
        var found = rules.findings().sorted { one, other in
            let places = (one.place, other.place)
            if places.0 != places.1 { return places.0 < places.1 }
            if one.cause.rank != other.cause.rank { return one.cause.rank < other.cause.rank }
            let (a, b) = (one.evidence[0], other.evidence[0])
            // In steps of a tenth: closer than such readings tell, the change decides.
            let near = (one.nearness, other.nearness)
            if near.0 != near.1 { return near.0 > near.1 }
            return (a.growth ?? .infinity, other.cause.rawValue) > (b.growth ?? .infinity, one.cause.rawValue)
        }
        for (slow, cpu) in [(Cause.redisSlow, Cause.redisCPU), (.mysqlSlow, .mysqlCPU)] {
            guard let symptom = found.firstIndex(where: { $0.cause == slow }),
                let reason = found.firstIndex(where: { $0.cause == cpu }), symptom < reason,
                found[symptom].isWorse == found[reason].isWorse
            else { continue }
            // What has no CPU left is slow for that.
            found.insert(found.remove(at: symptom), at: reason)
        }
        if isDisturbed, let machine = found.firstIndex(where: { $0.cause == .machineCPU }) {
            // What others used up is no limit of the application's.
            found.append(found.remove(at: machine))
        }
        if broken == .errorRate, let generator = found.firstIndex(where: { $0.cause == .generator }),
            let last = found.lastIndex(where: { $0.cause.isRefusal })
        {
            // A generator without room is late; it makes nobody turn work away.
            found.insert(found.remove(at: generator), at: last)
        }
        findings = found
        deviations = ReplicaDeviation.all(in: all)
        let shown = found.flatMap(\.evidence)
        changes = shown.reduce(into: []) { if !$0.contains($1) { $0.append($1) } } + Self.others(all, than: shown)
    }

    private static let shortest = 3

    private static func others(_ all: [SignalChange], than shown: [SignalChange]) -> [SignalChange] {
        all.filter { !shown.contains($0) }.sorted { one, other in
            let (a, b) = (one.weight, other.weight)
            if a != b { return a > b }
            return (one.signal.component, one.signal.kind.rawValue)
                < (other.signal.component, other.signal.kind.rawValue)
        }
    }
}

extension Bottleneck {
    /// What rose from the plateau that passed to the one that failed, the most first: of parts, and of the machine's queue.
    package var risen: [SignalChange] {
        changes.filter { change in
            let isWatched = change.signal.role != nil || change.signal.kind == .runnable
            let isUse = [.memory, .mysqlQueries, .redisCommands].contains(change.signal.kind)
            return isWatched && !isUse && change.growth != nil && change.isGrown
        }.sorted { ($0.growth ?? 0) > ($1.growth ?? 0) }
    }
}

extension Bottleneck.Finding {
    /// What became worse comes before what is saturated at both, and queues, worse or not, behind what works.
    fileprivate var place: Int { cause.isQueue ? 2 : isWorse ? 0 : 1 }

    /// What has no quota or capacity and is evidence nevertheless counts as at it; so does what its limit stopped, in the
    /// share of its periods.
    fileprivate var nearness: Double {
        let stopped = evidence.filter { $0.signal.kind == .throttled }.map(\.failed).max() ?? 0
        return (min(1, max(stopped, evidence[0].closeness ?? 1)) * 10).rounded()
    }
}

extension SignalChange {
    /// What is half full or more comes first, then what rose, then the rest, each by how far.
    fileprivate var weight: (class: Int, much: Double) {
        if let closeness, closeness >= 0.5 { return (2, closeness) }
        return isGrown ? (1, growth ?? 2) : (0, closeness ?? 0)
    }
}
