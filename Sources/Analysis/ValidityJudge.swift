package import Model

/// Judges a plateau by how the generator itself did on it. A generator at its own limit reports that limit as the
/// application's; one that had to wait for the CPU, or a load that does not obey Little's law, proves nothing.
package struct ValidityJudge: Sendable {
    /// Of its time a thread may work or wait for the CPU; beyond it there is no room to be on time.
    package static let busiest: Share = 0.9
    /// Late starts are a limit from this time on, where they also are a tenth of the latencies measured and a twentieth of
    /// those that must not be passed.
    static let lateness: Seconds = 0.005
    /// Timers this late, in the median second, mean a thread that stands still now and then.
    static let latestTimer: Seconds = 0.05
    /// A timer this late is a standstill.
    static let standstill: Seconds = 0.1
    /// Requests that may be missing of those that the schedule asked for.
    static let missing: Share = 0.01
    /// Distance from Little's law that is no fault.
    static let tolerance: Share = 0.05
    static let fewestRequests = 20
    /// Of its time a thread may wait for the CPU, where others on the machine need it too.
    static let longestWait: Share = 0.25

    /// Of its time a thread may stand still: for a limit on CPU that the generator itself has used up, or in standstills.
    static let longestStop: Share = 0.05

    let load: LoadDefinition
    private let tolerated: Seconds

    /// - Parameter criteria: what the plateau is held against.
    package init(load: LoadDefinition, criteria: [Criterion] = []) {
        self.load = load
        let thresholds = criteria.filter { $0.metric.isLatency }.map(\.threshold)
        tolerated = max(Self.lateness, (thresholds.min() ?? 0) / 20)
    }

    /// - Parameters:
    ///   - samples: of the plateau only.
    ///   - undecided: criteria that it has too few requests for.
    /// - Returns: nil when the samples do not say how the generator did.
    package func validity(
        users: Int, samples: [SecondSample], isSteady: Bool = true, undecided: [CriterionResult] = []
    ) -> Validity? {
        let seconds = samples.compactMap(\.generator)
        guard !samples.isEmpty, seconds.count == samples.count,
            let plateau = PlateauSummary(users: users, samples: samples, taskNames: load.tasks.map(\.name))
        else { return nil }
        let lost = samples.lostAgents.map(Validity.Reason.agentLost)
        let doubts = doubts(plateau, isSteady: isSteady) + each(seconds, standing) + undecided.compactMap(\.doubt)
        // Less than the whole load says nothing of what the whole would have met.
        guard lost.isEmpty else { return Validity(inconclusive: lost + doubts) }
        let exhausted = plateau.all.failures.first { $0.kind == .exhausted }?.count ?? 0
        let limited = each(seconds) { limits($0, plateau) }
        let isKnown = limited.contains { if case .exhausted = $0.itself { true } else { false } }
        return Validity(
            limited: limited + (exhausted > 0 && !isKnown ? [.exhausted(requests: exhausted)] : []),
            inconclusive: doubts)
    }

    /// What holds of the generator; of several agents what holds of each, with its name.
    private func each(
        _ seconds: [GeneratorSecond], _ reasons: ([GeneratorSecond]) -> [Validity.Reason]
    ) -> [Validity.Reason] {
        guard let agents = seconds.first?.agents else { return reasons(seconds) }
        return agents.flatMap { agent -> [Validity.Reason] in
            let own = seconds.compactMap { $0.agents?.first { $0.name == agent.name } }
            let exhausted = own.reduce(0) { $0 + ($1.exhausted ?? 0) }
            return
                (reasons(own.map(\.generator)) + (exhausted > 0 ? [.exhausted(requests: exhausted)] : []))
                .map { .onAgent(agent.name, $0) }
        }
    }

    private func limits(_ seconds: [GeneratorSecond], _ plateau: PlateauSummary) -> [Validity.Reason] {
        var reasons: [Validity.Reason] = []
        if let busy = Self.busiestLoop(seconds), busy.share > Self.busiest {
            reasons.append(.threadBusy(share: busy.share, waiting: busy.waiting))
        }
        if let stop = Self.stop(seconds) { reasons.append(.heldBack(stop.share, cores: stop.cores)) }
        let (due, sent) = (seconds.reduce(0) { $0 + $1.due }, seconds.reduce(0) { $0 + $1.sent })
        let waiting = (seconds.last?.waiting ?? 0) - (seconds.first?.waiting ?? 0)
        if Double(due - sent) > Self.missing * Double(due), Double(waiting) > Self.missing * Double(due) {
            reasons.append(.startsMissed(due: due, sent: sent))
        }
        let lag = Distribution.merged(seconds.map(\.lag)).percentile(95) ?? 0
        if lag > max(tolerated, (plateau.all.succeeded.p95 ?? 0) / 10) { reasons.append(.lateStarts(p95: lag)) }
        let timers = seconds.map { $0.loops.map(\.timerLag).max() ?? 0 }.sorted()
        let median = timers[timers.count / 2]
        if median > Self.latestTimer { reasons.append(.lateTimers(median)) }
        return reasons
    }

    private func doubts(_ plateau: PlateauSummary, isSteady: Bool) -> [Validity.Reason] {
        var reasons: [Validity.Reason] = []
        if plateau.all.ended < Self.fewestRequests { reasons.append(.fewRequests(plateau.all.ended)) }
        if !isSteady { reasons.append(.notSteady) }
        if let law = disobeyed(plateau) {
            reasons.append(.littlesLaw(expected: law.expected, measured: law.measured))
        }
        return reasons
    }

    private func standing(_ seconds: [GeneratorSecond]) -> [Validity.Reason] {
        var reasons: [Validity.Reason] = []
        if let busy = Self.busiestLoop(seconds), busy.waiting > Self.longestWait {
            reasons.append(.waitedForCPU(busy.waiting))
        }
        let still = Self.standstills(seconds)
        if still > Self.longestStop { reasons.append(.stoodStill(still)) }
        return reasons
    }

    /// Little's law where it is far from what was measured. It holds of a closed load, on a plateau that is long enough
    /// for some rounds of each user; users that back off after failures do not obey it.
    private func disobeyed(_ plateau: PlateauSummary) -> LittlesLaw? {
        guard !load.shape.isOpen, (plateau.all.errorRate ?? 1) <= 0.01,
            let law = LittlesLaw(plateau, thinkTime: load.thinkTime),
            Double(plateau.seconds) >= 2 * (law.thinkTime + law.latency)
        else { return nil }
        // Counts of independent requests stray by the root of their number.
        let noise = 3 / Double(max(1, plateau.all.requests)).squareRoot()
        return abs(law.difference) > Self.tolerance + noise ? law : nil
    }

    /// Where a limit on CPU made the generator the slower one: a short stop does if the limit was used up by the generator
    /// itself, and a long one whoever used it up.
    private static func stop(_ seconds: [GeneratorSecond]) -> (share: Share, cores: Double)? {
        let quotas = seconds.compactMap(\.quota)
        // The first second of a load says nothing.
        guard let cores = quotas.map(\.cores).min(), quotas.count >= seconds.count - 1 else { return nil }
        let count = Double(quotas.count)
        let stopped = quotas.reduce(0) { $0 + $1.stopped } / count
        let used = quotas.reduce(0) { $0 + $1.used } / count
        // The group's stop is summed over CPUs; what a thread had of it shows in its own wait.
        let share = min(stopped, longestWait(seconds))
        return share > (used >= cores / 2 ? longestStop : longestWait) ? (share, cores) : nil
    }

    /// The share of the time that standstills took, in each second of the thread that had the longest. Latencies do not
    /// show them: an answer counts from when it came in.
    private static func standstills(_ seconds: [GeneratorSecond]) -> Share {
        let worst = seconds.map { $0.loops.map(\.timerLag).max() ?? 0 }
        return min(1, worst.filter { $0 > standstill }.reduce(0, +) / Double(seconds.count))
    }

    /// Of any thread.
    private static func longestWait(_ seconds: [GeneratorSecond]) -> Share {
        loops(seconds).map(\.waiting).max() ?? 0
    }

    /// The thread that had least room, and the part of its time in which it was ready to work and got no CPU.
    private static func busiestLoop(_ seconds: [GeneratorSecond]) -> (share: Share, waiting: Share)? {
        loops(seconds).max { $0.share < $1.share }
    }

    private static func loops(_ seconds: [GeneratorSecond]) -> [(share: Share, waiting: Share)] {
        let loops = seconds.map(\.loops.count).min() ?? 0
        let count = Double(seconds.count)
        return (0..<loops).map { index in
            let waiting = seconds.reduce(0) { $0 + ($1.loops[index].cpuWait ?? 0) } / count
            let working = seconds.reduce(0) { $0 + $1.loops[index].cpu } / count
            return (share: working + waiting, waiting: waiting)
        }
    }
}

extension [SecondSample] {
    /// Names of agents whose part is missing from one of the seconds.
    package var lostAgents: [String] { Set(flatMap { $0.generator?.lost ?? [] }).sorted() }
}

extension Validity? {
    /// What broke may be the generator.
    package var isGeneratorLimited: Bool { self?.verdict == .generatorLimited }
}
