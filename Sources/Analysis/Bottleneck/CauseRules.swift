import Model

/// Which causes the signals of a failed plateau support, each with its evidence.
struct CauseRules {
    let changes: [SignalChange]
    let validity: Validity?
    /// Whether there is a criterion that was met, to explain.
    let hasBroken: Bool

    /// From here on a part counts as full.
    private static let full = saturationLimit
    /// The whole machine is seldom idle; it must be fuller to be a reason.
    private static let machineFull: Share = 0.95
    /// A CPU quota that stops its part in every other period makes requests wait, even where the mean is below the quota.
    private static let often: Share = 0.5
    /// Where a criterion was met and nothing else explains it, fewer stops do: a request that arrives in a stopped period waits
    /// for its end, even if the part is idle in others.
    private static let sometimes: Share = 0.2
    /// The share of its time that a thread of the generator may be busy and still be on time.
    private static let noRoom: Share = 0.5
    /// Requests, or transactions, that wait on average.
    private static let waiting = 1.0
    /// A trivial query to a database that is not overloaded takes a millisecond or two. Five times as long as on the plateau
    /// that passed, and as the other database at the same time, is not due to the scheduler.
    private static let slow: Seconds = 0.05
    private static let slower = 5.0

    func findings() -> [Bottleneck.Finding] {
        let clear = clearFindings()
        return slowness() + (clear.isEmpty && hasBroken ? stops() : clear)
    }

    /// A machine that did the same work in more CPU time than where all criteria held: no part can be judged by what it
    /// could do before.
    private func slowness() -> [Bottleneck.Finding] {
        let slower = of(.calculation) {
            guard let passed = $0.passed, $0.failed > 0 else { return false }
            return 1 - passed / $0.failed >= MachineSpeed.tolerance
        }
        return [finding(.machineSlower, slower, isWorse: true)].compactMap(\.self)
    }

    private func clearFindings() -> [Bottleneck.Finding] {
        let turnedAway = [
            nginxConnections(), connections(.mysqlConnections, refused: .mysqlRefused, used: .mysqlConnections),
            connections(.redisConnections, refused: .redisRefused, used: .redisClients),
        ]
        let busy = Self.parts.map { cpu($0, $1) }
        let slow = [
            answers(.redisSlow, .redisAnswer, against: .mysqlAnswer),
            answers(.mysqlSlow, .mysqlAnswer, against: .redisAnswer), locks(),
        ]
        let queues = [
            pool(
                .mysqlPool, busy: .mysqlPoolBusy, waiting: .mysqlPoolWaiting, wait: .mysqlPoolWait,
                refused: .mysqlPoolRefused),
            pool(
                .redisPool, busy: .redisPoolBusy, waiting: .redisPoolWaiting, wait: .redisPoolWait,
                refused: .redisPoolRefused),
        ]
        return ([generator()] + turnedAway + busy + slow + [machine()] + queues).compactMap(\.self)
    }

    private func of(_ kind: SignalKind, where isMeant: (SignalChange) -> Bool = { _ in true }) -> [SignalChange] {
        changes.filter { $0.signal.kind == kind && isMeant($0) }
            .sorted { ($0.closeness ?? 0, $0.failed) > ($1.closeness ?? 0, $1.failed) }
    }

    private func finding(
        _ cause: Bottleneck.Cause, _ evidence: [SignalChange], isWorse: Bool
    ) -> Bottleneck.Finding? {
        evidence.isEmpty ? nil : Bottleneck.Finding(cause: cause, evidence: evidence, isWorse: isWorse)
    }

    /// Late timers alone may come from a machine that others fill; a generator that had no room, or sent less than was due,
    /// is a limit whatever else there is.
    private func generator() -> Bottleneck.Finding? {
        guard let validity, validity.verdict == .generatorLimited else { return nil }
        let busy = of(.generatorBusy).first?.failed ?? 1
        let sentLess = validity.reasons.contains { reason in
            switch reason.itself {
            case .startsMissed, .exhausted, .threadBusy, .heldBack: true
            default: false
            }
        }
        guard sentLess || busy >= Self.noRoom else { return nil }
        return finding(
            .generator, of(.generatorBusy) + of(.cpu) { $0.signal.component == "generator" }, isWorse: true)
    }

    /// Nginx says itself when its connections are not enough; the count of its status page has none of those to replicas.
    private func nginxConnections() -> Bottleneck.Finding? {
        let complaints = (of(.nginxCrowded) + of(.nginxDropped)).filter { $0.failed > 0 }
        return complaints.isEmpty
            ? nil
            : finding(
                .nginxConnections, complaints + of(.nginxConnections), isWorse: complaints.contains { $0.isWorse() })
    }

    private func connections(
        _ cause: Bottleneck.Cause, refused: SignalKind, used: SignalKind
    ) -> Bottleneck.Finding? {
        let refusals = of(refused).filter { $0.failed > 0 }
        let full = of(used).filter { ($0.closeness ?? 0) >= Self.full }
        guard !refusals.isEmpty || !full.isEmpty else { return nil }
        return finding(
            cause, (full.isEmpty ? of(used) : full) + refusals, isWorse: (full + refusals).contains { $0.isWorse() })
    }

    private static let parts: [(Bottleneck.Cause, Component.Role)] = [
        (.storeCPU, .store), (.redisCPU, .cache), (.mysqlCPU, .database), (.nginxCPU, .balancer), (.otherCPU, .other),
    ]

    /// A part may be stopped by its own quota again and again although it used less on average.
    private func cpu(_ cause: Bottleneck.Cause, _ role: Component.Role) -> Bottleneck.Finding? {
        let full = of(.cpu) { $0.signal.role == role && ($0.closeness ?? 0) >= Self.full }
        let stopped = of(.throttled) { $0.signal.role == role && $0.failed >= Self.often }
        return cpu(cause, of: full + stopped)
    }

    private func stops() -> [Bottleneck.Finding] {
        Self.parts.compactMap { cause, role in
            let stopped = of(.throttled) {
                $0.signal.role == role && $0.failed >= Self.sometimes && ($0.growth ?? .infinity) >= 1
            }
            return cpu(cause, of: stopped)
        }
    }

    private func cpu(_ cause: Bottleneck.Cause, of changes: [SignalChange]) -> Bottleneck.Finding? {
        let names = Set(changes.map(\.signal.component))
        let evidence =
            of(.cpu) { names.contains($0.signal.component) } + of(.throttled) { names.contains($0.signal.component) }
        return finding(cause, evidence, isWorse: evidence.contains { $0.isWorse() })
    }

    private func answers(
        _ cause: Bottleneck.Cause, _ kind: SignalKind, against other: SignalKind
    ) -> Bottleneck.Finding? {
        let control = of(other).first?.failed ?? 0
        let slow = of(kind) {
            $0.failed >= Self.slow && $0.failed >= Self.slower * control && ($0.growth ?? .infinity) >= 1
        }
        return finding(cause, slow, isWorse: slow.contains { $0.isWorse() })
    }

    private func locks() -> Bottleneck.Finding? {
        let waiting = of(.mysqlLockTime) { $0.failed >= Self.waiting && $0.isGrown }
        return waiting.isEmpty ? nil : finding(.mysqlLocks, waiting + of(.mysqlLockWaits), isWorse: true)
    }

    private func machine() -> Bottleneck.Finding? {
        let full = of(.cpu) { $0.signal.component == "machine" && ($0.closeness ?? 0) >= Self.machineFull }
        return full.isEmpty
            ? nil
            : finding(
                .machineCPU, full + of(.runnable), isWorse: full.contains { $0.isWorse(full: Self.machineFull) })
    }

    private func pool(
        _ cause: Bottleneck.Cause, busy: SignalKind, waiting: SignalKind, wait: SignalKind, refused: SignalKind
    ) -> Bottleneck.Finding? {
        let waited = of(waiting) { $0.failed >= Self.waiting }
        let refusals = of(refused) { $0.failed > 0 }
        // Of several replicas, the one in which most wait stands for the cause.
        let names = (waited + refusals).map(\.signal.component).reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        guard !names.isEmpty else { return nil }
        func ofThem(_ kind: SignalKind) -> [SignalChange] {
            names.flatMap { name in of(kind) { $0.signal.component == name } }
        }
        return finding(
            cause, ofThem(busy) + ofThem(waiting) + ofThem(wait) + ofThem(refused).filter { $0.failed > 0 },
            isWorse: (waited + refusals).contains { $0.isWorse() })
    }
}
